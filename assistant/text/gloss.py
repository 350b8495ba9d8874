"""Spanish in rough English, word by word: for models that have hardly read any Spanish.

Nobody is ever shown it. A question and the sentence that answers it come closer to each other in
it than in a language of which the models know little more than the letters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from assistant.text.words import terms, unaccented

_TOKEN = re.compile(r"\w+|\W+")
_LONGEST = 5  # words of an expression


class Glossary:
    """Spanish words and expressions, in lower case, and what they are in English.

    `names` are words, without accents, that are no form of another: "Narcan" is no "narco".
    """

    def __init__(self, entries: Mapping[str, str], names: Collection[str] = ()) -> None:
        self._names = names
        self._exactly = dict(entries)
        self._nearly: dict[str, str] = {}  # without accents, as many visitors type
        self._related: dict[str, str] = {}  # by the stem
        for spanish, english in entries.items():  # the most frequent ones come first
            self._nearly.setdefault(unaccented(spanish), english)
            if " " not in spanish and (stem := _stem(spanish)):
                self._related.setdefault(stem, english)

    @classmethod
    def read(cls, path: Path, names: Collection[str] = ()) -> Glossary:
        """One entry a line: Spanish, a tab, English. Raises OSError."""
        lines = path.read_text(encoding="utf-8").splitlines()
        return cls(dict(line.split("\t", 1) for line in lines if line), names)

    def glossed(self, text: str) -> str:
        """The text with every word known in English; others, and all signs, stay as they are."""
        tokens = _TOKEN.findall(text)
        out: list[str] = []
        position = 0
        while position < len(tokens):
            english, length = self._longest(tokens, position)
            out.append(english)
            position += length
        return "".join(out).replace("¿", "").replace("¡", "")

    def _longest(self, tokens: list[str], start: int) -> tuple[str, int]:
        """The English of the longest expression that begins there, and its length in tokens."""
        for words in range(_LONGEST, 0, -1):
            stretch = tokens[start : start + 2 * words - 1]
            if len(stretch) == 2 * words - 1 and all(sign == " " for sign in stretch[1::2]):
                said = "".join(stretch).lower()
                for known in (self._exactly, self._nearly):
                    if (english := known.get(said)) is not None:
                        return english, len(stretch)
        word = tokens[start]
        if unaccented(word).lower() in self._names:
            return word, 1
        return self._related.get(_stem(word), word), 1


def _stem(word: str) -> str:
    """The stem of a word; empty for a common word, and for signs."""
    return next(iter(terms(word, "es")), "")
