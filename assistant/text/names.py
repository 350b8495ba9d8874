"""Different names of the same thing: a question by one of them also finds articles by another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from assistant.text.words import unaccented, words
from assistant.types import Language

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
            typed = [name for name in names if _stretch(name).search(plain)]
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

    def treatments_in(self, text: str) -> tuple[tuple[str, ...], ...]:
        """For each treatment that the text names, the names by which another may speak of it."""
        plain = unaccented(text)
        named = (thing for thing in self._things if thing.treatment)
        return tuple(
            thing.named("en") + thing.kinds
            for thing in named
            if any(_stretch(name).search(plain) for name in thing.named("en"))
        )

    def in_text(self, text: str) -> list[str]:
        """Every known name of anything that the text has."""
        plain = unaccented(text)
        return [name for name in self._every if _stretch(name).search(plain)]


def speaks_of_each(text: str, treatments: Iterable[Iterable[str]]) -> bool:
    """Whether a text has a name of every treatment, given as `Names.treatments_in` finds them."""
    plain = unaccented(text)
    return all(any(_stretch(name).search(plain) for name in names) for names in treatments)


def _beside(question: str, typed: str, known: str) -> str:
    """The question with a known name in brackets behind the typed one."""
    found = _stretch(typed).search(unaccented(question))
    if found is None:
        return question
    return f"{question[: found.end()]} ({known}){question[found.end() :]}"


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
