"""Calibrates another reader: the threshold to set beside ASSISTANT_READER_MODEL.

    python -m training.reader.named MODEL     # a sentence-transformers CrossEncoder, name or folder

Asks the questions of our own held-out articles and fits the probability that the best sentence
answers. Prints the least score at which that probability is worth the risk of a wrong answer.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
import typer

from assistant.models import default_embedder
from assistant.models.reader import NamedReader
from training.reader.calibrate import (
    THRESHOLD,
    Features,
    calibrated,
    decisions,
    probabilities,
    reliability,
)
from training.reader.data import ours


def main(
    model: Annotated[str, typer.Argument(help="Name or folder of a CrossEncoder.")],
) -> None:
    """Prints the threshold and the reliability of the calibrated scores."""
    reader = NamedReader(model, THRESHOLD)
    articles = ours()
    held_out = [article for article in articles if article.split == "calibrate"]
    decided = decisions(held_out, _logits(reader), default_embedder())
    weight, constant = calibration = calibrated(decided)
    if weight <= 0:
        raise SystemExit(f"{model} does not tell what answers: higher scores are right less often.")
    least = (math.log(THRESHOLD / (1 - THRESHOLD)) - constant) / weight
    print(f"ASSISTANT_READER_THRESHOLD={1 / (1 + math.exp(-least)):.4f}")
    test = [article for article in articles if article.split == "test"]
    unseen = decisions(test, _logits(reader), default_embedder())
    rows, error = reliability(unseen.labels, probabilities(unseen.features, calibration))
    print(f"on unseen articles, mean error of the probability: {error}")
    for said, was, count in rows:
        print(f"  said {said:.2f}  was {was:.2f}  ({count} questions)")


def _logits(reader: NamedReader) -> Features:
    def features(question: str, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        scores = np.clip(np.array(reader.score(question, texts)), 1e-6, 1 - 1e-6)
        return np.arange(len(texts)), np.log(scores / (1 - scores))[:, None]

    return features


if __name__ == "__main__":
    typer.run(main)
