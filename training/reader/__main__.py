"""Trains, calibrates and measures the reader.

    python -m training.reader DATA            # everything; about an hour on two cores
    python -m training.reader DATA --report   # measures the reader in the repository again

DATA is a folder with medquad.jsonl.gz, squad2.jsonl.gz and selqa.jsonl.gz (see docs/reader.md).
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated, get_args

import torch
import typer

from assistant.models import Adapter, TrainedReader, default_embedder
from assistant.models.reader import FOLDER
from assistant.types import Language
from training.difference import difference
from training.reader.calibrate import (
    MOST_ARTICLES,
    MOST_PAIRS,
    THRESHOLD,
    Scored,
    areas,
    calibrated,
    decisions,
    of_each_kind,
    probabilities,
    reliability,
    sampled,
)
from training.reader.data import Document, Split, load
from training.reader.mining import read
from training.reader.pairs import Pair, Pairs
from training.reader.train import (
    MAX_TOKENS,
    PASSES,
    CrossEncoder,
    Recipe,
    averaged,
    fine_tune,
    mixed,
    start_from,
)


def main(
    data: Annotated[Path, typer.Argument(help="Folder with the three data sets.")],
    *,
    report: Annotated[bool, typer.Option("--report", help="Only measure.")] = False,
    passes: Annotated[
        str, typer.Option(help="Which passes, in order; none only calibrates `start`.")
    ] = "broad close",
    start: Annotated[
        Path | None,
        typer.Option(help="Where to go on from: weights that were kept, or an adapter's folder."),
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="Where to keep the trained weights.")] = None,
    mean: Annotated[
        bool, typer.Option("--mean", help="Take the mean of the weights before and after.")
    ] = False,
    hard: Annotated[
        Path | None, typer.Option(help="Spans to be shown, from training.reader.mining.")
    ] = None,
) -> None:
    """Trains the reader, or measures the one in the repository."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe = Recipe()
    documents = load(data)

    def pairs(split: Split) -> list[Pair]:
        found = read(hard) if hard is not None else None
        return Pairs(documents, split, default_embedder(), seed=recipe.seed, mined=found).all()

    def ours(split: Split) -> list[Document]:
        return [d for d in documents if d.source == "clinic" and d.split == split]

    if not report:
        model = CrossEncoder(recipe.seed)
        if start is not None and start.is_dir():
            model = start_from(model, Adapter.read(start))
        elif start is not None:
            model.load_state_dict(torch.load(start))
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        seen = pairs("train")
        walked: list[str] = []
        for name in passes.split():
            one = PASSES[name]
            # Walked once more, a pass sees other pairs of each kind.
            chosen = mixed(seen, one.shares, recipe.seed + walked.count(name))
            walked.append(name)
            model = fine_tune(model, chosen, recipe, one)
        if mean:
            model = averaged(model, before)
        if keep is not None:
            torch.save(model.state_dict(), keep)
        reader = TrainedReader(_adapter(model, calibration=[1.0, 0.0, 0.0, 0.0]))
        calibration = calibrated(decisions(ours("calibrate"), reader.features, default_embedder()))
        _adapter(model, calibration=calibration).write(FOLDER)
        print("Now fit score and threshold on whole answers: python -m training.reader.final")
    reader = TrainedReader(Adapter.read(FOLDER))
    calibration = reader.calibration["en"]  # a tenth of the pairs are Spanish, or fewer
    asked = sampled(ours("test"), MOST_ARTICLES, recipe.seed)
    decided = decisions(asked, reader.features, default_embedder())
    rows, error = reliability(decided.labels, probabilities(decided.features, calibration))
    scored = Scored(of_each_kind(pairs("test"), MOST_PAIRS, recipe.seed), reader)
    found = {"auc": areas(scored, calibration), "ece": error, "reliability": rows}
    print(json.dumps(found, indent=1))


def _adapter(model: CrossEncoder, *, calibration: list[float]) -> Adapter:
    return Adapter(
        tensors=difference(model.encoder, model.head),
        facts={
            "max_tokens": MAX_TOKENS,
            "calibration": dict.fromkeys(get_args(Language), calibration),
            "calibration_noted": [1.0, 0.0, 0.0, 0.0, 0.0],  # until final.py has fitted it
            "threshold": round(THRESHOLD, 4),
            "weights_sha256": "",
        },
    )


if __name__ == "__main__":
    typer.run(main)
