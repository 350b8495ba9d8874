"""The classifier that helps triage: MiniLM, fine-tuned on the project's own examples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from assistant.models.adapted import AdaptedEncoder, Adapter
from assistant.settings import DATA

FOLDER = DATA / "triage"


class TriageClassifier:
    """Probabilities of the labels, in the order of `labels`."""

    def __init__(self, adapter: Adapter) -> None:
        self._encoder = AdaptedEncoder(adapter)
        self.labels: tuple[str, ...] = tuple(adapter.facts["labels"])
        self.urgent_from: float = float(adapter.facts["urgent_from"])
        self.sure_from: float = float(adapter.facts["sure_from"])

    def probabilities(self, texts: Sequence[str]) -> list[list[float]]:
        """One row a text; each row sums to one. Texts are folded, as triage sees them."""
        logits = self._encoder.logits(texts)
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        rows: list[list[float]] = (exponents / exponents.sum(axis=1, keepdims=True)).tolist()
        return rows


@cache
def load_classifier() -> TriageClassifier:
    """The trained classifier, loaded once. Raises ModelUnavailable when it is not whole."""
    return TriageClassifier(Adapter.read(FOLDER))
