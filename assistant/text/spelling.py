"""Misspelt words of a question, led back to words that live articles have."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from assistant.text.words import terms, words
from assistant.types import Language

# Letters: a shorter word is too near to too many others, and from so many on two slips are clear.
# More in Spanish, of which no list of common words is at hand: "costo" must not become "corto", nor
# "inflamación" "información".
SHORTEST: dict[Language, int] = {"en": 5, "es": 7}
LONG: dict[Language, int] = {"en": 9, "es": 13}
SHORTEST_MEANT = 5  # letters of a word that is read for another
FIRST = 2  # letters that must be right: names of medicines differ there ("lorazepam", "clonazepam")

# A last vowel that is missing: the one slip that stemming takes for another form of the word. In
# Spanish not after letters that end a form: "doctor" is no slip of "doctora".
_CUT: dict[Language, tuple[re.Pattern[str], str]] = {
    "en": (re.compile(r"[a-z]$"), "e"),
    "es": (re.compile(r"(?:[^aeioulnrsdz]|in)$"), "aoe"),
}
# Endings, often none, of forms of a Spanish word, where stems don't show it: "semanal", "semanas".
_ENDING = re.compile(r"(?:i?(?:[ae][lnrs]?|o[ls]?))?")
_FEWEST_SHARED = 4  # letters before them

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A question as it was read; `changes` are pairs of what was typed and how it was read."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


class Spelling:
    """Knows how the articles spell. Only words that no one else would know are changed."""

    def __init__(
        self, texts: Iterable[str], known: Collection[str], language: Language = "en"
    ) -> None:
        self._language = language
        counts = Counter(word for text in texts for word in words(text))
        self._known = known
        self._written = frozenset(counts)
        self._stems = frozenset(stem for word in counts for stem in terms(word, language))
        self._by_start: defaultdict[str, list[str]] = defaultdict(list)
        # The more frequent first: of two words equally near it is the likelier.
        for word in sorted(counts, key=lambda word: (-counts[word], word)):
            if len(word) >= SHORTEST_MEANT and word.isalpha():
                self._by_start[word[:FIRST]].append(word)

    def mended(self, question: str) -> Mended:
        """The question with the words that look like slips replaced by the nearest written one."""
        changes: dict[str, str] = {}

        def read(match: re.Match[str]) -> str:
            typed = match[0]
            meant = self._meant(typed.lower())
            if meant is None:
                return typed
            changes[typed] = meant
            return meant

        return Mended(text=_WORD.sub(read, question), changes=tuple(changes.items()))

    def _meant(self, typed: str) -> str | None:
        plain = "".join(words(typed))
        if len(plain) < SHORTEST[self._language] or plain in self._known or plain in self._written:
            return None
        if whole := self._uncut(plain):
            return whole
        near = self._by_start.get(plain[:FIRST], [])
        return None if self._is_form(plain, near) else self._nearest(plain, near)

    def _uncut(self, plain: str) -> str | None:
        """The written word of which only the last vowel is missing."""
        ends, vowels = _CUT[self._language]
        whole = (plain + vowel for vowel in vowels if ends.search(plain))
        return next((word for word in whole if word in self._written), None)

    def _is_form(self, plain: str, near: Iterable[str]) -> bool:
        """Whether it is another form of a word that is written."""
        if not self._stems.isdisjoint(terms(plain, self._language)):
            return True
        return self._language == "es" and any(_differ_in_ending(plain, word) for word in near)

    def _nearest(self, plain: str, near: Iterable[str]) -> str | None:
        slips = 2 if len(plain) >= LONG[self._language] else 1
        # Optimal string alignment: two letters that changed places are one slip.
        found = [(OSA.distance(plain, word, score_cutoff=slips), word) for word in near]
        within = [pair for pair in found if pair[0] <= slips]
        return min(within, key=lambda pair: pair[0])[1] if within else None


def _differ_in_ending(one: str, other: str) -> bool:
    """Whether two words may be forms of one: "evaluacion" and "evaluaciones"."""
    return any(
        one[:start] == other[:start]
        and _ENDING.fullmatch(one[start:])
        and _ENDING.fullmatch(other[start:])
        for start in range(_FEWEST_SHARED, len(one) + 1)
    )
