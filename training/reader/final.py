"""Fits the reader's final score and its threshold on whole answers from the project's corpus.

    python -m training.reader.final       # some minutes; rewrites calibration and threshold

The questions in questions.jsonl were written for this, apart from those of the tests. Each is
searched for in the published corpus as for a visitor. Every span that could be shown is one row:
its features, and whether it holds a right sentence. Then the threshold is the one at which five for
every wrong answer and one for every refusal cost least.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from assistant.answering.extractive import candidates, shown, to_read
from assistant.evaluation.answers import LabelledQuestion, contains_right, load_questions
from assistant.models import Adapter, TrainedReader, default_embedder
from assistant.models.reader import FOLDER
from assistant.pipeline import Assistant
from assistant.publishing import Publication, publish
from assistant.settings import Settings
from assistant.store import open_store
from assistant.text.language import detect
from training.reader.calibrate import COST_OF_WRONG

QUESTIONS = Path(__file__).parent / "questions.jsonl"
FOLDS = 10


@dataclass(frozen=True)
class Rows:
    """Every span of every question: features, whether it is right, and its question's number."""

    features: np.ndarray
    right: np.ndarray
    question: np.ndarray


def rows(assistant: Assistant, reader: TrainedReader, asked: list[LabelledQuestion]) -> Rows:
    """What would be read closely for each question."""
    library = assistant.library()
    features, right, numbers = [], [], []
    for number, question in enumerate(asked):
        read = library.spelling.mended(question.question).text
        near = library.retriever.retrieve(read, today=date.today())
        language = detect(read)
        own = [p for p in near if library.articles[p.chunk.article_id].language == language]
        one = library.question(read)
        spans = candidates(one, to_read(one.names, own, library.articles), library.articles)
        if not spans:
            continue  # refused, whatever the threshold
        features.append(reader.features(read, [shown(span) for span in spans]))
        right += [contains_right(found.span.text, question.right) for found in spans]
        numbers += [number] * len(spans)
    return Rows(np.vstack(features), np.array(right), np.array(numbers))


def unseen_scores(found: Rows) -> np.ndarray:
    """The probability of each span by a model that has not seen its question."""
    scores = np.zeros(len(found.right))
    for seen, unseen in GroupKFold(FOLDS).split(found.features, found.right, found.question):
        model = LogisticRegression(max_iter=2000).fit(found.features[seen], found.right[seen])
        scores[unseen] = model.predict_proba(found.features[unseen])[:, 1]
    return scores


def cheapest(scores: np.ndarray, found: Rows, asked: list[LabelledQuestion]) -> tuple[float, str]:
    """The threshold that costs least, and what happens there."""
    best = []
    for number in range(len(asked)):
        mine = np.flatnonzero(found.question == number)
        if not len(mine):
            best.append((0.0, False))
            continue
        winner = mine[np.argmax(scores[mine])]
        best.append((scores[winner], bool(found.right[winner])))

    def outcome(threshold: float) -> tuple[int, int, int]:
        right = sum(hit and score >= threshold for score, hit in best)
        wrong = sum(not hit and score >= threshold for score, hit in best)
        refused = sum(
            question.answerable and score < threshold
            for (score, _), question in zip(best, asked, strict=True)
        )
        return right, wrong, refused

    def cost(threshold: float) -> tuple[float, int]:
        _, wrong, refused = outcome(threshold)
        return COST_OF_WRONG * wrong + refused, wrong  # of equals the one that says less wrong

    threshold = float(min((score for score, _ in best if score), key=cost))
    right, wrong, refused = outcome(threshold)
    return threshold, f"{right} right, {wrong} wrong, {refused} refused of {len(asked)}"


def main() -> None:
    adapter = Adapter.read(FOLDER)
    reader = TrainedReader(adapter)
    asked = load_questions(QUESTIONS)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(store=folder)
        store = open_store(folder)
        publish(
            Publication(
                settings=settings, store=store, embedder=default_embedder(), skip_golden=True
            )
        )
        found = rows(Assistant(settings), reader, asked)
    threshold, outcome = cheapest(unseen_scores(found), found, asked)
    model = LogisticRegression(max_iter=2000).fit(found.features, found.right)
    adapter.facts["calibration"] = [
        round(float(value), 5) for value in (*model.coef_[0], model.intercept_[0])
    ]
    adapter.facts["threshold"] = round(threshold, 4)
    adapter.write(FOLDER)
    print(f"weights {adapter.facts['calibration']}, threshold {threshold:.3f}: {outcome}")


if __name__ == "__main__":
    main()
