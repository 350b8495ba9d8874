"""Different names of the same thing: a question by one of them also finds articles by another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from assistant.text.words import unaccented, words
from assistant.types import Language, Treatment

_NO_DENIAL = "(?<!non)(?<!non.)"  # "non-stimulant" is none
_LETTERS = 4  # as many may be an abbreviation
_SELDOM = 3  # times less often written than another name: hardly a name that the articles go by


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What has several names, the best known one first in each language."""

    en: tuple[str, ...] = ()
    es: tuple[str, ...] = ()
    treatment: bool = False
    """A medicine, or what else is done to the body: whoever asks about it means no other."""
    kinds: tuple[str, ...] = ()
    """What a treatment is one of, by every name of that."""

    def named(self, language: Language) -> tuple[str, ...]:
        """Its names, those of the language first."""
        return self.en + self.es if language == "en" else self.es + self.en

    def asked_by(self, language: Language) -> tuple[str, ...]:
        """The names by which a question means it: an English "EMT" is no "EMT" in Spanish."""
        if language == "es":
            return self.named("es")
        return self.en + tuple(name for name in self.es if len(name) > _LETTERS)


class Names:
    """Knows the names of things, and which of them live articles use."""

    def __init__(
        self, things: Sequence[Thing], titles: Iterable[str], texts: Iterable[str]
    ) -> None:
        self._things = things
        self._every = [name for thing in things for name in thing.named("en")]
        self._in_titles = _uses(self._every, titles)
        # A title stands above the sentences of its article, but says a name only once.
        self._written = _uses(self._every, texts) + self._in_titles

    def completed(self, question: str, language: Language) -> str:
        """The question with the articles' own name beside one that they do not go by.

        That is one that a title has, if any does, else one that is written at all, and of several
        the one that is written most. A typed name that no title has is joined by it, and so is one
        that is seldom written: under "Esketamine (Spravato)", all sentences speak of esketamine.
        """
        plain = unaccented(question)
        for thing in self._things:
            names = thing.named(language)
            typed = [name for name in thing.asked_by(language) if _stretch(name).search(plain)]
            known = [name for name in names if self._in_titles[name]]
            if not known and not any(self._written[name] for name in typed):
                known = [name for name in names if self._written[name]]
            if not typed or not known:
                continue
            usual = max(known, key=lambda name: self._written[name])
            goes_by = [self._written[name] for name in typed if self._in_titles[name]]
            if usual not in typed and _SELDOM * sum(goes_by) < self._written[usual]:
                question = _beside(question, max(typed, key=len), usual)
        return question

    def by_one_name(self, question: str) -> tuple[str, ...]:
        """The question by either name alone, without accents; nothing where none was completed."""
        first = second = plain = unaccented(question)
        for thing in self._things:
            first = _both(thing).sub(r"\g<first>", first)
            second = _both(thing).sub(r"\g<second>", second)
        return () if first == plain else (first, second)

    def spoken(self, language: Language) -> list[str]:
        """What the language calls the things that articles speak of, by whichever name.

        Some have no name of their own in it and are called as elsewhere: "lorazepam".
        """
        found: list[str] = []
        for thing in self._things:
            own = thing.en if language == "en" else thing.es
            if any(self._written[name] for name in thing.named(language)):
                found += own or (name for name in thing.named(language) if " " not in name)
        return found

    def treatments_in(self, question: str, language: Language) -> tuple[Treatment, ...]:
        """The treatments that a question names, with the names of those that it does not."""
        plain = unaccented(question)
        treatments = [thing for thing in self._things if thing.treatment]
        asked = [
            thing
            for thing in treatments
            if any(_stretch(name).search(plain) for name in thing.asked_by(language))
        ]
        others = tuple(
            name for thing in treatments if thing not in asked for name in thing.named("en")
        )
        return tuple(
            Treatment(names=thing.named("en"), kinds=thing.kinds, others=others) for thing in asked
        )

    def in_text(self, text: str) -> list[str]:
        """Every known name of anything that the text has."""
        plain = unaccented(text)
        return [name for name in self._every if _stretch(name).search(plain)]


def speaks_of_each(text: str, treatments: Iterable[Treatment], *, in_part: bool = False) -> bool:
    """Whether a text speaks of every treatment, by its name or by what it is one of.

    `in_part` asks of a longer text whether a sentence of it may: others may be named beside it.
    """
    plain = unaccented(text)
    return all(_speaks_of(plain, one, in_part=in_part) for one in treatments)


def _speaks_of(plain: str, treatment: Treatment, *, in_part: bool) -> bool:
    if _any(treatment.names).search(plain):
        return True
    if not treatment.kinds or not _any(treatment.kinds, _NO_DENIAL).search(plain):
        return False
    return in_part or not treatment.others or not _any(treatment.others).search(plain)


def _beside(question: str, typed: str, known: str) -> str:
    """The question with a known name in brackets behind the typed one."""
    found = _stretch(typed).search(unaccented(question))
    if found is None:
        return question
    return f"{question[: found.end()]} ({known}){question[found.end() :]}"


@lru_cache(maxsize=256)
def _any(names: tuple[str, ...], before: str = "") -> re.Pattern[str]:
    """Finds any of the names in an unaccented text."""
    spelled = "|".join(map(_spelled, names))
    return re.compile(rf"{before}\b(?:{spelled})\b", re.IGNORECASE)


@cache
def _stretch(name: str) -> re.Pattern[str]:
    """Finds the name in an unaccented text."""
    return re.compile(rf"\b{_spelled(name)}\b", re.IGNORECASE)


@cache
def _both(thing: Thing) -> re.Pattern[str]:
    """Finds one name of a thing with another in brackets behind it, in an unaccented text."""
    names = "|".join(_spelled(name) for name in thing.named("en"))
    return re.compile(rf"\b(?P<first>{names}) \((?P<second>{names})\)", re.IGNORECASE)


def _spelled(name: str) -> str:
    """The pattern of a name: "post-traumatic" is two words like any others, "John's" is one."""
    return "(?:['’]s)?[^a-z0-9]+".join(words(name))


def _uses(names: Iterable[str], texts: Iterable[str]) -> Counter[str]:
    """How often each name stands in the texts."""
    plain = " | ".join(" ".join(words(text)) for text in texts)
    return Counter({name: f" {plain} ".count(f" {' '.join(words(name))} ") for name in names})
