"""From the encoder's logit to a probability, and how good it is on pairs it has never seen."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import bm25s
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from assistant.models import TrainedReader, in_context
from assistant.text import terms
from assistant.types import Embedder
from training.reader.data import Document
from training.reader.pairs import Pair

# A wrong answer costs five refusals: answering is worth it where 5 (1 - p) < p.
COST_OF_WRONG = 5.0
THRESHOLD = COST_OF_WRONG / (COST_OF_WRONG + 1)

NEAR = 24  # sentences read for one question, the most similar first

# Which pairs are compared in each row of the report: what answers, what does not.
KINDS: Mapping[str, tuple[tuple[str, int], tuple[str, int]]] = {
    "our articles, sentences beside": (("clinic", 1), ("clinic", 0)),
    "our articles, long sentences": (("long sentences", 1), ("long sentences", 0)),
    "our articles, near misses": (("near miss", 1), ("near miss", 0)),
    "our paragraphs, nearly answered": (("paragraphs", 1), ("paragraphs", 0)),
    "our articles, neighbouring subjects": (("clinic", 1), ("clinic neighbour", 0)),
    "sections of the same page": (("page", 1), ("page", 0)),
    "neighbouring subjects": (("page", 1), ("neighbour", 0)),
    "templated unanswered questions": (("page", 1), ("template", 0)),
    "SQuAD 2.0 titles, unanswerable": (("squad", 1), ("squad", 0)),
    "SQuAD 2.0, sentences beside": (("squad", 1), ("squad beside", 0)),
    "SelQA, sentences beside": (("selqa", 1), ("selqa beside", 0)),
    "medical paragraphs from elsewhere": (("elsewhere", 1), ("elsewhere", 0)),
}


T = TypeVar("T")

# Enough to tell two decimals; all of our own pairs would take an hour to read.
MOST_PAIRS = 1500  # of a kind, those that answer and those that don't apart
MOST_ARTICLES = 60


def sampled(items: Sequence[T], most: int, seed: int) -> list[T]:
    """All of them, or so many drawn at random, in their order."""
    kept = sorted(random.Random(seed).sample(range(len(items)), min(most, len(items))))
    return [items[i] for i in kept]


def of_each_kind(pairs: Sequence[Pair], most: int, seed: int) -> list[Pair]:
    """At most so many pairs of each kind and label."""
    kinds: dict[tuple[str, int], list[Pair]] = {}
    for pair in pairs:
        kinds.setdefault((pair.kind, pair.label), []).append(pair)
    return [pair for alike in kinds.values() for pair in sampled(alike, most, seed)]


@dataclass(frozen=True)
class Scored:
    """Pairs with everything that may tell an answer: columns are floats, one a pair."""

    pairs: Sequence[Pair]
    reader: TrainedReader

    @cached_property
    def labels(self) -> np.ndarray:
        return np.array([pair.label for pair in self.pairs])

    @cached_property
    def features(self) -> np.ndarray:
        """What the reader's score is made of, one row a pair: logit, cosine, coverage."""
        found = np.zeros((len(self.pairs), 3))
        for question, places in self._places.items():
            _, found[places] = self.reader.features(
                question, [self.pairs[place].passage for place in places]
            )
        return found

    @cached_property
    def bm25(self) -> np.ndarray:
        documents = [terms(pair.passage) for pair in self.pairs]
        known = {term for document in documents for term in document}
        index = bm25s.BM25()
        index.index(documents, show_progress=False)
        found = np.zeros(len(self.pairs))
        for question, places in self._places.items():
            asked = [term for term in terms(question) if term in known]
            if asked:
                found[places] = index.get_scores(asked)[places]
        return found

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where the pairs of each question are: texts are read together, as for a visitor."""
        places: dict[str, list[int]] = {}
        for place, pair in enumerate(self.pairs):
            places.setdefault(pair.question, []).append(place)
        return places


Features = Callable[[str, list[str]], tuple[np.ndarray, np.ndarray]]
"""Which texts are read, and what their scores are made of; the first column orders them."""


@dataclass(frozen=True)
class Decisions:
    """For each question the likeliest sentence: its features, and whether it answers."""

    features: np.ndarray
    labels: np.ndarray


def decisions(
    documents: Sequence[Document], features_of: Features, embedder: Embedder
) -> Decisions:
    """Asks every question of our own articles among the sentences of its article.

    The probability that is shown is that of the best of many sentences, which is more often wrong
    than a sentence taken at random with the same logit: so it is calibrated on the best ones.
    """
    features, labels = [], []
    for document in documents:
        sections = list({asked.section: asked for asked in document.asked}.values())
        places = [(section, i) for section in sections for i in range(len(section.sentences))]
        texts = [in_context(document.subject, s.heading, s.sentences[i]) for s, i in places]
        vectors = np.asarray(embedder.embed_documents(texts))
        for question, answering in document.questions().items():
            near = np.argsort(-(vectors @ np.asarray(embedder.embed_query(question))))[:NEAR]
            read, rows = features_of(question, [texts[i] for i in near])
            best = int(np.argmax(rows[:, 0]))
            section, sentence = places[near[read[best]]]
            features.append(rows[best])
            labels.append(
                any(a.section == section.section and sentence in a.answering for a in answering)
            )
    return Decisions(np.array(features), np.array(labels))


def calibrated(decided: Decisions) -> list[float]:
    """Weights of the features, and the constant (Platt's logistic scaling, 1999)."""
    model = LogisticRegression(C=100.0, max_iter=1000).fit(decided.features, decided.labels)
    return [round(float(value), 5) for value in (*model.coef_[0], model.intercept_[0])]


def probabilities(features: np.ndarray, calibration: Sequence[float]) -> np.ndarray:
    """Probabilities (0..1), one a row of features."""
    weights = np.array(calibration)
    found: np.ndarray = 1 / (1 + np.exp(-(features @ weights[:-1] + weights[-1])))
    return found


def areas(scored: Scored, calibration: Sequence[float]) -> dict[str, dict[str, float]]:
    """Area under the ROC curve by kind of pair and by what scores it."""
    columns = {
        "BM25": scored.bm25,
        "cosine": scored.features[:, 1],
        "reader": scored.features[:, 0],
        "final": probabilities(scored.features, calibration),
    }
    kinds = np.array([f"{pair.kind}/{pair.label}" for pair in scored.pairs])
    table: dict[str, dict[str, float]] = {}
    for name, ((good, _), (bad, _)) in KINDS.items():
        chosen = (kinds == f"{good}/1") | (kinds == f"{bad}/0")
        labels = scored.labels[chosen]
        if 0 < labels.sum() < len(labels):
            table[name] = {
                column: round(float(roc_auc_score(labels, values[chosen])), 3)
                for column, values in columns.items()
            }
    return table


def reliability(
    labels: np.ndarray, probability: np.ndarray, bins: int = 10
) -> tuple[list[tuple[float, float, int]], float]:
    """Per tenth: mean probability, share that answers, count. Then the mean error."""
    rows = []
    error = 0.0
    place = np.minimum((probability * bins).astype(int), bins - 1)
    for k in range(bins):
        chosen = place == k
        if chosen.any():
            said, was = float(probability[chosen].mean()), float(labels[chosen].mean())
            rows.append((round(said, 3), round(was, 3), int(chosen.sum())))
            error += chosen.mean() * abs(said - was)
    return rows, round(float(error), 4)
