"""What a reader that is to be trained further takes for answers: the spans to show it next.

    python -m training.reader.mining FILE --minutes 60

Spans chosen for being like the question teach it little once it tells most of them apart. So every
question of our own articles is asked among the spans of its article, the likeliest are read as for
a visitor, and FILE keeps their logits. An hour on two cores reads about half of the questions; of
the others, spans are chosen as before. FILE goes on where it was left.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from assistant.models import Adapter, TrainedReader, default_embedder, in_context
from assistant.models.reader import COVERAGE, FOLDER
from assistant.types import Embedder
from training.reader.data import Document, ours
from training.reader.pairs import Mined, spans_of

READ = 6  # spans of one question


def mined(
    document: Document, reader: TrainedReader, embedder: Embedder
) -> dict[str, dict[str, float]]:
    """The logits of the likeliest spans for every question of an article."""
    spans = spans_of(document)
    shown = [in_context(document.subject, span.heading, span.text) for span in spans]
    vectors = np.asarray(embedder.embed_documents(shown))
    questions = list(document.questions())
    asked = np.asarray(embedder.embed_documents(questions))
    pairs = []
    for question, vector in zip(questions, asked, strict=True):
        covered = np.array([reader.coverage(question, span.text) for span in spans])
        likeliest = np.argsort(-(vectors @ vector + COVERAGE * covered))[:READ]
        pairs += [(question, int(i)) for i in likeliest]
    logits = reader.encoder.logits([q for q, _ in pairs], [shown[i] for _, i in pairs])[:, 0]
    found: dict[str, dict[str, float]] = {}
    for (question, i), logit in zip(pairs, logits, strict=True):
        found.setdefault(question, {})[spans[i].text] = round(float(logit), 2)
    return found


def read(path: Path) -> Mined:
    """What was mined, by article and question; a line holds an article."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {(name, question): logits for name, asked in rows for question, logits in asked.items()}


def main(
    file: Path,
    minutes: Annotated[float, typer.Option(help="After so many minutes it stops.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Decides on the order of the articles.")] = 5,
) -> None:
    """Reads as many questions of our own articles as there is time for."""
    reader, embedder = TrainedReader(Adapter.read(FOLDER)), default_embedder()
    documents = [document for document in ours() if document.split == "train"]
    random.Random(seed).shuffle(documents)
    done = {name for name, _ in read(file)} if file.exists() else set()
    until = time.monotonic() + 60 * minutes
    with file.open("a", encoding="utf-8") as out:
        for document in documents:
            if time.monotonic() > until:
                break
            if document.name not in done:
                line = json.dumps([document.name, mined(document, reader, embedder)])
                out.write(line + "\n")
                out.flush()


if __name__ == "__main__":
    typer.run(main)
