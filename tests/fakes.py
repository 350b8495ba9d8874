"""Small stand-ins that behave: they rank and judge by the words they are given."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.text import terms
from assistant.types import Language


class WordEmbedder:
    """A hashed bag of words as a unit vector: texts that share words are near each other."""

    dimension = 256

    def __init__(self, name: str = "words") -> None:
        self.fingerprint = f"{name}@{self.dimension}"
        self.embedded: list[str] = []

    def embed_query(self, text: str) -> list[float]:
        vector = [0.0] * self.dimension
        for term in terms(text):
            digest = hashlib.sha256(term.encode()).digest()
            vector[int.from_bytes(digest[:4], "big") % self.dimension] += 1.0
        length = math.sqrt(sum(value * value for value in vector)) or 1.0
        return [value / length for value in vector]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += texts
        return [self.embed_query(text) for text in texts]


@dataclass
class WordReader:
    """Says that a text answers when it holds the question's words; fewer, less surely."""

    threshold: float = 0.7
    fingerprint: str = "words"
    asked: list[str] = field(default_factory=list)

    def score(
        self,
        question: str,
        texts: Sequence[str],
        *,
        at_most: int | None = None,
        language: Language | None = None,
    ) -> list[float]:
        self.asked.append(question)
        needed = set(terms(question))
        return [len(needed & set(terms(text))) / max(1, len(needed)) for text in texts]

    def score_noted(
        self, question: str, noted: Sequence[tuple[str, str]], *, language: Language | None = None
    ) -> list[float]:
        return self.score(question, [text for _, text in noted], language=language)

    def prepare(self, texts: Sequence[str]) -> None:
        """Words need no preparation."""
