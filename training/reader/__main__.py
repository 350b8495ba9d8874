"""Trains, calibrates and measures the reader.

    python -m training.reader DATA            # everything; about an hour on two cores
    python -m training.reader DATA --report   # measures the reader in the repository again

DATA is a folder with medquad.jsonl.gz, squad2.jsonl.gz and selqa.jsonl.gz (see docs/reader.md).
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from assistant.models import Adapter, TrainedReader, default_embedder
from assistant.models.reader import FOLDER
from training.low_rank import low_rank_difference
from training.reader.calibrate import THRESHOLD, Scored, areas, calibrated, reliability
from training.reader.data import load
from training.reader.pairs import Pair, Pairs
from training.reader.train import MAX_TOKENS, CrossEncoder, Recipe, fine_tune, mixed


def main(
    data: Annotated[Path, typer.Argument(help="Folder with the three data sets.")],
    report: Annotated[bool, typer.Option("--report", help="Only measure.")] = False,
    weights: Annotated[
        Path | None, typer.Option(help="A saved state of the encoder, instead of training.")
    ] = None,
) -> None:
    """Trains the reader, or measures the one in the repository."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe = Recipe()
    documents = load(data)

    def pairs(split: Any) -> list[Pair]:
        return Pairs(documents, split, default_embedder(), seed=recipe.seed).all()

    if not report:
        model = _encoder(weights) or fine_tune(mixed(pairs("train"), recipe.seed), recipe)
        adapter = _adapter(model, recipe, calibration=[1.0, 0.0, 0.0])
        scored = Scored(pairs("calibrate"), TrainedReader(adapter), default_embedder())
        _adapter(model, recipe, calibration=calibrated(scored)).write(FOLDER)
    adapter = Adapter.read(FOLDER)
    calibration = adapter.facts["calibration"]
    scored = Scored(pairs("test"), TrainedReader(adapter), default_embedder())
    rows, error = reliability(scored.labels, scored.final(calibration))
    print(
        json.dumps({"auc": areas(scored, calibration), "ece": error, "reliability": rows}, indent=1)
    )


def _encoder(weights: Path | None) -> CrossEncoder | None:
    if weights is None:
        return None
    model = CrossEncoder()
    model.load_state_dict(torch.load(weights))
    return model.eval()


def _adapter(model: CrossEncoder, recipe: Recipe, *, calibration: list[float]) -> Adapter:
    return Adapter(
        tensors=low_rank_difference(model.encoder, model.head, recipe.rank),
        facts={
            "max_tokens": MAX_TOKENS,
            "calibration": calibration,
            "threshold": round(THRESHOLD, 4),
            "rank": recipe.rank,
            "weights_sha256": "",
        },
    )


if __name__ == "__main__":
    typer.run(main)
