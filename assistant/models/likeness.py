"""How alike a question and texts are, with the vectors of the texts remembered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from assistant.models.minilm import default_embedder
from assistant.types import Embedder

KEPT = 40_000  # vectors, 60 MB of them; a span that is live is asked about again and again


class Likeness:
    """Cosines of questions and texts. Remembers texts by what they say, and never a question."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, np.ndarray] = {}

    def to(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """The cosine of the question with each text, one float a text."""
        known = {text: self._vectors.get(text) for text in texts}
        new = [text for text, vector in known.items() if vector is None]
        asked, *vectors = self._embedded([question, *new])
        worked_out = dict(zip(new, vectors, strict=True))
        self._remember(worked_out)
        known |= worked_out
        found: np.ndarray = np.array([known[text] for text in texts]) @ asked
        return found

    def prepare(self, texts: Sequence[str]) -> None:
        """Works out the vectors of texts before anybody asks about them."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._remember(dict(zip(new, self._embedded(new), strict=True)))

    def _embedded(self, texts: list[str]) -> np.ndarray:
        return np.asarray(self._embedder.embed_documents(texts), dtype=np.float32)

    def _remember(self, vectors: dict[str, np.ndarray]) -> None:
        if len(self._vectors) + len(vectors) > KEPT:
            self._vectors.clear()  # what is still live comes back with the next questions
        self._vectors.update(vectors)


@cache
def default_likeness() -> Likeness:
    """In the default embedder's measure; one a process, so that a text's vector is made once."""
    return Likeness(default_embedder())
