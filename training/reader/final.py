"""Fits the reader's final score and its threshold on whole answers from articles of two kinds.

    python -m training.reader.final       # some minutes; rewrites calibration and threshold

The project's corpus has short sentences under many headings, the articles in blog/ long ones under
hardly any, as practices' blogs do; those in spanish/ are of both kinds. The questions on each were
written for this, apart from those of the tests. Each is searched for in the published articles as
for a visitor. Every span that could be shown is one row: its features, and whether it holds a right
sentence. The score is fitted for each language apart, the threshold for both: it is the one at
which five for every wrong answer and one for every refusal cost least, or hardly more. An answer is
what a visitor would be shown, one to three spans; it is wrong if none of them is right.

Spans for which editors noted a question like the one asked have a score of their own (decision 18).
It is fitted on the corpus, where much is noted, when all else is settled, and moved so that the
same threshold is the cheapest for it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
    noted_in,
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
    """Spans of every question: features, whether they are right, and their questions' numbers."""

    features: np.ndarray
    right: np.ndarray
    question: np.ndarray
    spans: list[Candidate]


def rows(
    assistant: Assistant, reader: TrainedReader, asked: list[LabelledQuestion]
) -> tuple[Rows, Rows]:
    """What would be read closely for each question; and of that, what was noted for one like it."""
    library = assistant.library()
    plain, noted = _Collected(), _Collected()
    for number, question in enumerate(asked):
        language = detect(question.question)
        read = library.mended(question.question, language).text
        near = library.retriever.retrieve(read, today=date.today())
        own = library.in_language(near, language)
        one = library.question(read)
        closely = to_read(one, own, library.articles)
        if mine := candidates_in(one, closely, library.articles):
            texts = [shown(span) for span in mine]
            plain.add(number, question, mine, reader.features(read, texts, at_most=SPANS_READ))
        if mine := noted_in(one, closely, library.articles):
            pairs = [(span.noted, shown(span)) for span in mine]
            noted.add(number, question, mine, reader.features_noted(read, pairs))
    return plain.rows(), noted.rows()


@dataclass
class _Collected:
    """Rows while they are found, question by question; of one without any, none."""

    features: list[np.ndarray] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    question: list[int] = field(default_factory=list)
    spans: list[Candidate] = field(default_factory=list)

    def add(
        self,
        number: int,
        question: LabelledQuestion,
        spans: list[Candidate],
        read: tuple[np.ndarray, np.ndarray],
    ) -> None:
        chosen = [spans[i] for i in read[0]]
        self.features.append(read[1])
        self.right += [contains_right(found.span.text, question.right) for found in chosen]
        self.question += [number] * len(chosen)
        self.spans += chosen

    def rows(self) -> Rows:
        features = np.vstack(self.features) if self.features else np.zeros((0, 0))
        return Rows(features, np.array(self.right), np.array(self.question), self.spans)


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


Outcome = tuple[int, int, int]
"""How many questions were answered right, answered wrongly, refused though they have an answer."""


def outcome(
    shown_for: list[list[tuple[float, bool]]], asked: list[LabelledQuestion], threshold: float
) -> Outcome:
    """What happens at a threshold, of what would be shown for each question."""
    right = wrong = refused = 0
    for question, spans in zip(asked, shown_for, strict=True):
        hits = [hit for score, hit in spans if score >= threshold]
        right += any(hits)
        wrong += bool(hits) and not any(hits)
        refused += question.answerable and not hits
    return right, wrong, refused


def _cost(found: Outcome) -> float:
    return COST_OF_WRONG * found[1] + found[2]


def cheapest(scores: np.ndarray, found: Rows, asked: list[LabelledQuestion]) -> tuple[float, str]:
    """The threshold that costs least, and what happens there."""
    shown_for = [answers(scores, found, number) for number in range(len(asked))]
    costs = {
        threshold: _cost(outcome(shown_for, asked, threshold))
        for threshold in {spans[0][0] for spans in shown_for if spans}
    }
    bearable = _AS_CHEAP * min(costs.values())
    threshold = max(t for t, cost in costs.items() if cost <= bearable)
    right, wrong, refused = outcome(shown_for, asked, threshold)
    return threshold, f"{right} right, {wrong} wrong, {refused} refused of {len(asked)}"


def lowered(plain: Rows, noted: Rows, asked: list[LabelledQuestion], threshold: float) -> float:
    """By how many logits the score of noted spans is lowered, so that `threshold` is right for it.

    What was noted is added to what the other spans answer at that threshold; of what costs least,
    or hardly more, the most cautious.
    """
    unseen, others = _logit(unseen_scores(noted)), _logit(unseen_scores(plain))
    both = Rows(
        np.zeros((len(plain.right) + len(noted.right), 0)),
        np.concatenate([plain.right, noted.right]),
        np.concatenate([plain.question, noted.question]),
        plain.spans + noted.spans,
    )
    costs = {}
    for step in range(31):
        lower = step / 10
        scores = 1 / (1 + np.exp(-np.concatenate([others, unseen - lower])))
        shown_for = [answers(scores, both, number) for number in range(len(asked))]
        costs[lower] = outcome(shown_for, asked, threshold)
    bearable = _AS_CHEAP * min(map(_cost, costs.values()))
    chosen = max(lower for lower, found in costs.items() if _cost(found) <= bearable)
    print(f"noted, lowered by {chosen}: right, wrong, refused {costs[chosen]}")
    return chosen


def _logit(probability: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.log(probability / (1 - probability))
    return found


def of_corpus(
    corpus: Path, reader: TrainedReader, asked: list[LabelledQuestion]
) -> tuple[Rows, Rows]:
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
    noted: list[tuple[Rows, Rows, list[LabelledQuestion]]] = []
    for language, sets in SETS.items():
        mine = []
        for corpus, path in sets:
            asked = load_questions(path)
            plain, with_notes = of_corpus(corpus, reader, asked)
            mine.append((plain, asked))
            noted += [(plain, with_notes, asked)] if with_notes.spans else []
        found = together(mine)
        asked = [question for _, asked in mine for question in asked]
        parts.append((found, asked))
        scores.append(unseen_scores(found))
        adapter.facts["calibration"][language] = weights(found)
        print(f"{language}: weights {weights(found)}; alone {cheapest(scores[-1], found, asked)}")
    every = [question for _, asked in parts for question in asked]
    threshold, told = cheapest(np.concatenate(scores), together(parts), every)
    adapter.facts["threshold"] = round(threshold, 4)
    print(f"threshold {threshold:.3f}: {told}")
    [(plain, with_notes, asked)] = noted  # the corpus alone
    *made_of, constant = weights(with_notes)
    constant -= lowered(plain, with_notes, asked, threshold)
    adapter.facts["calibration_noted"] = [*made_of, round(constant, 5)]
    adapter.write(FOLDER)


if __name__ == "__main__":
    main()
