"""Question and passage pairs: what answers, and what is merely about the same thing."""

from __future__ import annotations

import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.types import Embedder
from training.reader.data import ELSEWHERE, Asked, Document, Split

TEMPLATES = tomllib.loads((Path(__file__).parent / "templates.toml").read_text(encoding="utf-8"))
NEIGHBOURS = 8  # nearest subjects that serve as hard negatives
MAX_WORDS = 120


@dataclass(frozen=True, slots=True)
class Pair:
    """`kind` says which difficulty the pair teaches; pairs of one `group` share a question."""

    question: str
    passage: str
    label: int
    kind: str
    group: str


class Pairs:
    """Makes the pairs of one split, the same ones for the same seed."""

    def __init__(
        self, documents: Sequence[Document], split: Split, embedder: Embedder, *, seed: int
    ) -> None:
        self._documents = [d for d in documents if d.split == split]
        self._random = random.Random(f"{seed}-{split}")
        self._varied = split == "train"
        self._neighbours = _neighbours(self._documents, embedder)

    def all(self) -> list[Pair]:
        """Every pair, shuffled."""
        found: list[Pair] = []
        for document in self._documents:
            if document.source == "medquad":
                found += self._medquad(document)
            else:
                found += self._sentence_level(document)
        self._random.shuffle(found)
        return found

    # --- MedQuAD: sections of a page, and the same section of neighbouring subjects ------------

    def _medquad(self, document: Document) -> Iterator[Pair]:
        for number, asked in enumerate(document.asked):
            kind = "elsewhere" if document.name.startswith(ELSEWHERE) else "page"
            group = f"{document.name}/{number}"
            question = self._phrased(asked, document)
            yield Pair(
                question, self._passage(document, asked.sentences, first=True), 1, kind, group
            )
            if self._varied and self._random.random() < 0.35:
                start = self._short(asked.sentences, 0)
                yield Pair(question, self._titled(document, start), 1, kind, group)
            others = [
                a for a in document.asked if a.kind != asked.kind and a.question != asked.question
            ]
            for other in self._sample(others, 2):
                if not _same_text(other, asked):
                    passage = self._passage(document, other.sentences, first=False)
                    yield Pair(question, passage, 0, kind, group)
            yield from self._neighbouring(document, asked, question, group)
            if self._random.random() < 0.5:
                yield from self._unanswered(document, asked, group)

    def _neighbouring(
        self, document: Document, asked: Asked, question: str, group: str
    ) -> Iterator[Pair]:
        """The same kind of section, about a neighbouring subject."""
        candidates = [
            (other, theirs)
            for other in self._neighbours.get(document.subject, [])
            for theirs in other.asked
            if theirs.kind == asked.kind and not _same_text(theirs, asked)
        ]
        for other, theirs in self._sample(candidates, 2 if self._varied else 1):
            passage = self._passage(other, theirs.sentences, first=True)
            yield Pair(question, passage, 0, "neighbour", group)

    def _unanswered(self, document: Document, asked: Asked, group: str) -> Iterator[Pair]:
        """A question that this passage, by its words, can't answer."""
        passage = self._passage(document, asked.sentences, first=self._random.random() < 0.5)
        low = passage.lower()
        fitting = [
            t for t in TEMPLATES["unanswered"] if not any(word in low for word in t["unless"])
        ]
        if fitting:
            template = self._random.choice(self._random.choice(fitting)["ask"])
            question = self._typed(template.format(x=_bare(document.subject)))
            yield Pair(question, passage, 0, "template", group)

    # --- SQuAD 2.0 and SelQA: sentences beside the answering one -------------------------------

    def _sentence_level(self, document: Document) -> Iterator[Pair]:
        for number, asked in enumerate(document.asked):
            group = f"{document.source}/{document.name}/{number}"
            question = self._typed(asked.question)
            count = len(asked.sentences)
            if not asked.answering:
                whole = " ".join(asked.sentences)
                yield Pair(question, self._titled(document, _cut(whole)), 0, "squad", group)
                if self._varied:
                    near = self._window(asked, self._nearest(asked), 1)
                    yield Pair(question, self._titled(document, near), 0, "squad", group)
                continue
            answer = asked.answering[0]
            kind = "squad" if document.source == "squad" else "selqa"
            width = self._random.choice([0, 1, 1, 2]) if self._varied else 1
            yield Pair(
                question, self._titled(document, self._window(asked, answer, width)), 1, kind, group
            )
            if kind == "squad" and not self._varied:
                whole = _cut(" ".join(asked.sentences))
                if asked.sentences[answer] in whole:
                    yield Pair(question, self._titled(document, whole), 1, "squad", group)
            beside = [i for i in range(count) if min(abs(i - a) for a in asked.answering) > width]
            for other in self._sample(beside, 2 if kind == "squad" else 3):
                window = self._window(
                    asked, other, 0 if self._random.random() < 0.5 else 1, asked.answering
                )
                yield Pair(question, self._titled(document, window), 0, f"{kind} beside", group)

    def _nearest(self, asked: Asked) -> int:
        """The sentence that shares most words with the question."""
        words = set(re.findall(r"\w+", asked.question.lower()))
        shared = [len(words & set(re.findall(r"\w+", s.lower()))) for s in asked.sentences]
        return int(np.argmax(shared))

    @staticmethod
    def _window(asked: Asked, centre: int, width: int, without: Sequence[int] = ()) -> str:
        indices = range(max(0, centre - width), min(len(asked.sentences), centre + width + 1))
        return _cut(" ".join(asked.sentences[i] for i in indices if i not in without))

    # --- texts ---------------------------------------------------------------------------------

    def _passage(self, document: Document, sentences: Sequence[str], *, first: bool) -> str:
        start = 0 if first or len(sentences) < 4 else self._random.randrange(len(sentences) // 2)
        size = self._random.choice([40, 80, MAX_WORDS]) if self._varied else 80
        taken: list[str] = []
        for sentence in sentences[start:]:
            if taken and len(" ".join([*taken, sentence]).split()) > size:
                break
            taken.append(sentence)
        return self._titled(document, _cut(" ".join(taken)))

    def _short(self, sentences: Sequence[str], start: int) -> str:
        return _cut(" ".join(sentences[start : start + self._random.choice([1, 2, 3])]))

    def _titled(self, document: Document, text: str) -> str:
        """Half of the passages stand under their title, as they do when questions are answered."""
        titled = self._random.random() < 0.5
        return f"{_bare(document.subject)}. {text}" if titled else text

    def _phrased(self, asked: Asked, document: Document) -> str:
        keywords = TEMPLATES["keywords"].get(asked.kind, [])
        if self._varied and keywords and self._random.random() < 0.35:
            return self._typed(self._random.choice(keywords).format(x=_bare(document.subject)))
        return self._typed(asked.question)

    def _typed(self, question: str) -> str:
        """As a patient might type it: lower case, a lead-in, a slip of the finger."""
        if not self._varied:
            return question
        chance = self._random.random()
        if chance < 0.12:
            lowered = question.rstrip("? ").lower()
            question = self._random.choice(TEMPLATES["phrasing"]["before"]).format(q=lowered)
        elif chance < 0.3:
            question = question.rstrip("? ").lower()
        elif chance < 0.42:
            question = self._slipped(question)
        return question

    def _slipped(self, question: str) -> str:
        words = question.split(" ")
        long = [i for i, word in enumerate(words) if len(word) > 4]
        if long:
            index = self._random.choice(long)
            word = words[index]
            at = self._random.randrange(1, len(word) - 2)
            swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            words[index] = self._random.choice([swapped, word[:at] + word[at + 1 :]])
        return " ".join(words)

    def _sample(self, rows: Sequence[Any], count: int) -> list[Any]:
        return self._random.sample(list(rows), min(count, len(rows)))


def _neighbours(documents: Sequence[Document], embedder: Embedder) -> dict[str, list[Document]]:
    """For each subject of MedQuAD the pages about the subjects nearest to it."""
    by_subject: defaultdict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if document.source == "medquad":
            by_subject[document.subject].append(document)
    subjects = sorted(by_subject)
    if not subjects:
        return {}
    vectors = np.asarray(embedder.embed_documents(subjects), dtype=np.float32)
    similarity = vectors @ vectors.T
    found: dict[str, list[Document]] = {}
    for index, subject in enumerate(subjects):
        order = [subjects[i] for i in np.argsort(-similarity[index]) if i != index]
        different = [other for other in order if not _related(subject, other)][:NEIGHBOURS]
        found[subject] = [document for other in different for document in by_subject[other]]
    return found


def _related(one: str, other: str) -> bool:
    """Whether one name contains the other: then a passage may well answer for both."""
    a, b = one.lower(), other.lower()
    return a in b or b in a


def _bare(subject: str) -> str:
    return re.sub(r"\s*\([^)]*\)", "", subject).strip()


def _same_text(one: Asked, other: Asked) -> bool:
    return one.sentences[:1] == other.sentences[:1]


def _cut(text: str) -> str:
    return " ".join(text.split()[:MAX_WORDS])
