"""Misspelt words of a question, led back to words that live articles have."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from assistant.text.words import terms, words

SHORTEST = 5  # letters; a shorter word is too near to too many others
LONG = 9  # letters from which two slips are still clear
FIRST = 2  # letters that must be right: names of medicines differ there ("lorazepam", "clonazepam")

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A question as it was read; `changes` are pairs of what was typed and how it was read."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


class Spelling:
    """Knows how the articles spell. Only words that no one else would know are changed."""

    def __init__(self, texts: Iterable[str], known: Collection[str]) -> None:
        counts = Counter(word for text in texts for word in words(text))
        self._known = known
        self._written = frozenset(counts)
        self._stems = frozenset(stem for word in counts for stem in terms(word))
        self._by_start: defaultdict[str, list[str]] = defaultdict(list)
        # The more frequent first: of two words equally near it is the likelier.
        for word in sorted(counts, key=lambda word: (-counts[word], word)):
            if len(word) >= SHORTEST and word.isalpha():
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
        if len(plain) < SHORTEST or plain in self._known or plain in self._written:
            return None
        if f"{plain}e" in self._written:  # the one slip that stemming takes for another form
            return f"{plain}e"
        if set(terms(plain)) & self._stems:  # another form of a word that is written
            return None
        slips = 2 if len(plain) >= LONG else 1
        near = self._by_start.get(plain[:FIRST], [])
        # Optimal string alignment: two letters that changed places are one slip.
        found = [(OSA.distance(plain, word, score_cutoff=slips), word) for word in near]
        within = [pair for pair in found if pair[0] <= slips]
        return min(within, key=lambda pair: pair[0])[1] if within else None
