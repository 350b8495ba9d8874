"""Fits the reader's final score and its threshold on whole answers from articles of two kinds.

    python -m training.reader.final       # some minutes; rewrites calibration and threshold

The project's corpus has short sentences under many headings, the articles in blog/ long ones under
hardly any, as practices' blogs do; those in spanish/ are of both kinds. The questions on each were
written for this, apart from those of the tests. Each is searched for in the published articles as
for a visitor. Every span that could be shown is one row: its features, and whether it holds a right
sentence. The score is fitted for each language apart, the threshold for both: it is the one at
which five for every wrong answer and one for every refusal cost least, or hardly more. An answer is
what a visitor would be shown, one to three spans; it is wrong if none of them is right.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from assistant.answering.candidates import Candidate, best_first, without_repetition
from assistant.answering.extractive import (
    MAX_EXCERPTS,
    SPANS_READ,
    candidates_in,
    shown,
    to_read,
)
from assistant.evaluation.answers import LabelledQuestion, contains_right, load_questions
from assistant.models import Adapter, TrainedReader, default_embedder
from assistant.models.reader import FOLDER
from assistant.pipeline import Assistant
from assistant.publishing import Publication, publish
from assistant.settings import ROOT, Settings
from assistant.store import open_store
from assistant.text.language import detect
from assistant.types import Language
from training.reader.calibrate import COST_OF_WRONG

HERE = Path(__file__).parent
SETS: dict[Language, tuple[tuple[Path, Path], ...]] = {
    "en": (
        (ROOT / "corpus", HERE / "questions.jsonl"),
        (HERE / "blog", HERE / "blog/questions.jsonl"),
    ),
    "es": ((HERE / "spanish", HERE / "spanish/questions.jsonl"),),
}
FOLDS = 10
# A cost that differs by less is the same, as far as some hundred questions tell; of these the most
# cautious threshold is taken.
_AS_CHEAP = 1.03


@dataclass(frozen=True)
class Rows:
    """Every span of every question: features, whether it is right, and its question's number."""

    features: np.ndarray
    right: np.ndarray
    question: np.ndarray
    spans: list[Candidate]


def rows(assistant: Assistant, reader: TrainedReader, asked: list[LabelledQuestion]) -> Rows:
    """What would be read closely for each question."""
    library = assistant.library()
    features, right, numbers, spans = [], [], [], []
    for number, question in enumerate(asked):
        language = detect(question.question)
        read = library.mended(question.question, language).text
        near = library.retriever.retrieve(read, today=date.today())
        own = library.in_language(near, language)
        one = library.question(read)
        read_closely = to_read(one, own, library.articles)
        mine = candidates_in(one, read_closely, library.articles)
        if not mine:
            continue  # refused, whatever the threshold
        texts = [shown(span) for span in mine]
        closely, made_of = reader.features(read, texts, at_most=SPANS_READ)
        mine = [mine[i] for i in closely]
        features.append(made_of)
        right += [contains_right(found.span.text, question.right) for found in mine]
        numbers += [number] * len(mine)
        spans += mine
    return Rows(np.vstack(features), np.array(right), np.array(numbers), spans)


def together(parts: Sequence[tuple[Rows, list[LabelledQuestion]]]) -> Rows:
    """The rows of several sets of questions as those of one."""
    before = np.cumsum([0, *(len(asked) for _, asked in parts)])
    found = [rows for rows, _ in parts]
    return Rows(
        np.vstack([one.features for one in found]),
        np.concatenate([one.right for one in found]),
        np.concatenate([one.question + n for one, n in zip(found, before[:-1], strict=True)]),
        [span for one in found for span in one.spans],
    )


def unseen_scores(found: Rows) -> np.ndarray:
    """The probability of each span by a model that has not seen its question."""
    scores = np.zeros(len(found.right))
    for seen, unseen in GroupKFold(FOLDS).split(found.features, found.right, found.question):
        model = LogisticRegression(max_iter=2000).fit(found.features[seen], found.right[seen])
        scores[unseen] = model.predict_proba(found.features[unseen])[:, 1]
    return scores


def weights(found: Rows) -> list[float]:
    """What logit, cosine and coverage weigh in the score, and its constant."""
    model = LogisticRegression(max_iter=2000).fit(found.features, found.right)
    return [round(float(value), 5) for value in (*model.coef_[0], model.intercept_[0])]


def answers(scores: np.ndarray, found: Rows, number: int) -> list[tuple[float, bool]]:
    """What would be shown for a question, best first: the scores, and whether a span is right.

    A threshold cuts off the end of it; what repeats is known by what stands before.
    """
    mine = np.flatnonzero(found.question == number)
    scored = [replace(found.spans[i], score=float(scores[i])) for i in mine]
    right = {id(span): bool(found.right[i]) for span, i in zip(scored, mine, strict=True)}
    kept = without_repetition(best_first(scored))[:MAX_EXCERPTS]
    return [(span.score, right[id(span)]) for span in kept]


def cheapest(scores: np.ndarray, found: Rows, asked: list[LabelledQuestion]) -> tuple[float, str]:
    """The threshold that costs least, and what happens there."""
    shown_for = [answers(scores, found, number) for number in range(len(asked))]

    def outcome(threshold: float) -> tuple[int, int, int]:
        right = wrong = refused = 0
        for question, spans in zip(asked, shown_for, strict=True):
            hits = [hit for score, hit in spans if score >= threshold]
            right += any(hits)
            wrong += bool(hits) and not any(hits)
            refused += question.answerable and not hits
        return right, wrong, refused

    costs: dict[float, float] = {}
    for threshold in {spans[0][0] for spans in shown_for if spans}:
        _, wrong, refused = outcome(threshold)
        costs[threshold] = COST_OF_WRONG * wrong + refused
    bearable = _AS_CHEAP * min(costs.values())
    threshold = max(t for t, cost in costs.items() if cost <= bearable)
    right, wrong, refused = outcome(threshold)
    return threshold, f"{right} right, {wrong} wrong, {refused} refused of {len(asked)}"


def of_corpus(corpus: Path, reader: TrainedReader, asked: list[LabelledQuestion]) -> Rows:
    """What would be read closely for each question, of a corpus in a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(corpus=corpus, store=folder)
        store = open_store(folder)
        publish(
            Publication(
                settings=settings, store=store, embedder=default_embedder(), skip_golden=True
            )
        )
        return rows(Assistant(settings), reader, asked)


def main() -> None:
    adapter = Adapter.read(FOLDER)
    reader = TrainedReader(adapter)
    parts, scores = [], []
    for language, sets in SETS.items():
        mine = [(corpus, load_questions(path)) for corpus, path in sets]
        found = together([(of_corpus(corpus, reader, asked), asked) for corpus, asked in mine])
        asked = [question for _, asked in mine for question in asked]
        parts.append((found, asked))
        scores.append(unseen_scores(found))
        adapter.facts["calibration"][language] = weights(found)
        print(f"{language}: weights {weights(found)}; alone {cheapest(scores[-1], found, asked)}")
    every = [question for _, asked in parts for question in asked]
    threshold, outcome = cheapest(np.concatenate(scores), together(parts), every)
    adapter.facts["threshold"] = round(threshold, 4)
    adapter.write(FOLDER)
    print(f"threshold {threshold:.3f}: {outcome}")


if __name__ == "__main__":
    main()
