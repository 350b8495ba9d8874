"""Question and passage pairs: what answers, and what is merely about the same thing."""

from __future__ import annotations

import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from assistant.answering.spans import Sentences
from assistant.models.reader import as_read, in_context, in_runs
from assistant.text import terms
from assistant.types import Embedder
from training.reader.data import ELSEWHERE, Asked, Document, Split

TEMPLATES = tomllib.loads((Path(__file__).parent / "templates.toml").read_text(encoding="utf-8"))
Mined = Mapping[tuple[str, str], Mapping[str, float]]
"""By article and question: the spans that a reader read, and their logits."""

# Of what was mined: below, the reader is right already. Above there is no limit: the keys are
# complete enough (of 1,020 spans that it scored over 0.5 and the key calls wrong, 51 answered).
_SURE = -4.5
_KNOWN, _SHOWN_AGAIN = 3.0, 0.35  # beyond these logits the reader is right: of such, a third
_LENGTHENED = 0.3  # share of the short sentences
_SHORT = 22  # words
_NEAREST = 8  # spans of an article from which most of what does not answer is taken
_STRETCHES = 0.4  # share of the questions that are shown with one that answers, or one that doesn't
_MANY_RIGHT = 4  # spans: of so many, two are shown
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


@dataclass(frozen=True, slots=True)
class Readable:
    """A span of an article as it is read for a visitor; `holds` indexes its section's sentences."""

    text: str
    heading: str
    section: tuple[str, ...]
    holds: frozenset[int]

    def answers(self, asked: Sequence[Asked]) -> bool:
        """Whether it holds an answering sentence of one of the sections that answer."""
        return any(
            self.section == one.section and not self.holds.isdisjoint(one.answering)
            for one in asked
        )


@cache
def spans_of(document: Document) -> list[Readable]:
    """Every span of an article that could be shown, made by what makes them for visitors."""
    found = []
    for section in {asked.section: asked for asked in document.asked}.values():
        starts = np.cumsum([0, *(len(sentence) + 1 for sentence in section.sentences)])
        readable = Sentences(" ".join(section.sentences))
        for span, _ in readable.readable(range(len(readable.all))):
            holds = frozenset(
                i
                for i, sentence in enumerate(section.sentences)
                if span.start <= starts[i] and starts[i] + len(sentence) <= span.end
            )
            found.append(Readable(span.text, section.heading, section.section, holds))
    return found


def _as_read(pair: Pair) -> Pair:
    question, (passage,) = as_read(pair.question, [pair.passage])
    return replace(pair, question=question, passage=passage)


class Pairs:
    """Makes the pairs of one split, the same ones for the same seed."""

    def __init__(
        self,
        documents: Sequence[Document],
        split: Split,
        embedder: Embedder,
        *,
        seed: int,
        mined: Mined | None = None,
    ) -> None:
        self._documents = [d for d in documents if d.split == split]
        self._seed = f"{seed}-{split}"
        self._random = random.Random()
        self._varied = split == "train"
        self._mined = mined or {}
        self._embedder = embedder
        self._neighbours = _neighbours(self._documents, embedder)

    def all(self) -> list[Pair]:
        """Every pair as the reader gets it; those of one source stay when another grows."""
        makers = {
            "medquad": self._medquad,
            "clinic": self._clinic,
            "paragraphs": self._paragraph,
        }
        found: list[Pair] = []
        for document in self._documents:
            self._random.seed(f"{self._seed}-{document.source}-{document.name}")
            kind = "paragraphs" if document.lesson == "paragraphs" else document.source
            make = makers.get(kind, self._sentence_level)
            found += map(_as_read, make(document))
        return found

    # --- the project's own articles: spans as they are read for a visitor ----------------------

    def _clinic(self, document: Document) -> Iterator[Pair]:
        spans = spans_of(document)
        questions = document.questions()
        vectors = self._embedded([span.text for span in spans])
        asked_vectors = self._embedded(list(questions))
        for number, (asked, sections) in enumerate(questions.items()):
            group = f"clinic/{document.name}/{number}"
            question = self._typed(asked)
            logits = self._mined.get((document.name, asked), {})
            right = [span for span in spans if span.answers(sections)]
            for span in self._hardest(right, logits, 1 if len(right) < _MANY_RIGHT else 2, -1):
                if self._known(logits.get(span.text, 0.0)):
                    continue
                passage = self._under(document, span, self._lengthened(span, ()))
                yield Pair(question, passage, 1, document.lesson, group)
            for section, passage, label in self._stretches(document, sections):
                yield Pair(
                    question, self._under(document, section, passage), label, document.lesson, group
                )
            order = np.argsort(-(vectors @ asked_vectors[number]))
            for span in self._wrong(asked, sections, [spans[i] for i in order], logits):
                if self._known(-logits.get(span.text, 0.0)):
                    continue
                passage = self._under(document, span, self._lengthened(span, sections))
                yield Pair(question, passage, 0, document.lesson, group)
            yield from self._other_articles(document, asked, question, group)

    def _paragraph(self, document: Document) -> Iterator[Pair]:
        """What is read of it at a time, answering or not; a span that answers, one that doesn't."""
        spans = spans_of(document)
        questions = document.questions()
        likeness = self._embedded(list(questions)) @ self._embedded([s.text for s in spans]).T
        for number, (asked, sections) in enumerate(questions.items()):
            group = f"paragraphs/{document.name}/{number}"
            question = self._typed(asked)
            section = sections[0]
            right = [span for span in spans if span.answers(sections)]
            wrong = [
                s for i in np.argsort(-likeness[number]) if not (s := spans[i]).answers(sections)
            ]
            chosen = [(section, *_taken_in(section))]
            chosen += [(span, span.text, 1) for span in self._sample(right, 1)]
            chosen += [(span, span.text, 0) for span in wrong[:1]]
            for place, text, label in chosen:
                passage = self._under(document, place, text)
                yield Pair(question, passage, label, "paragraphs", group)

    def _stretches(
        self, document: Document, sections: Sequence[Asked]
    ) -> Iterator[tuple[Asked, str, int]]:
        """Longer passages, some that answer and as many that don't: length must say nothing."""
        answering = [one for one in sections if one.answering]
        if answering and self._random.random() < _STRETCHES:
            one = self._random.choice(answering)
            holds = self._random.choice(one.answering)
            first = self._random.randrange(max(0, holds - 4), holds + 1)
            passage = _cut(" ".join(one.sentences[first:]))
            if one.sentences[holds] not in passage:
                passage = _cut(" ".join(one.sentences[holds:]))
            yield one, passage, 1
        if self._random.random() < _STRETCHES:
            one = self._random.choice(document.asked)
            right = {i for a in sections if a.section == one.section for i in a.answering}
            first = self._random.randrange(len(one.sentences))
            last = min((i for i in right if i >= first), default=len(one.sentences))
            if last - first > 1:
                yield one, _cut(" ".join(one.sentences[first:last])), 0

    def _wrong(
        self,
        asked: str,
        sections: Sequence[Asked],
        nearest: Sequence[Readable],
        logits: Mapping[str, float],
    ) -> list[Readable]:
        """Spans that do not answer: those taken for answers, or like the question; some others."""
        wrong = [span for span in nearest if not span.answers(sections)]
        if logits:
            telling = [span for span in wrong if logits.get(span.text, _SURE) > _SURE]
            chosen = self._hardest(telling, logits, 3, 1)
        else:
            beside = [span for span in wrong if span.section in {one.section for one in sections}]
            alike = sorted(wrong, key=lambda span: -_shared(asked, span.text))[:1]
            chosen = self._sample(wrong[:_NEAREST], 2) + alike + self._sample(beside, 1)
        return list(dict.fromkeys(chosen + self._sample(wrong, 1)))

    def _hardest(
        self, spans: Sequence[Readable], logits: Mapping[str, float], count: int, sign: int
    ) -> list[Readable]:
        """Those that the reader misjudged most, `sign` 1 for the highest logits; else any."""
        read = [span for span in spans if span.text in logits]
        if not read:
            return self._sample(spans, count)
        return sorted(read, key=lambda span: -sign * logits[span.text])[:count]

    def _known(self, surety: float) -> bool:
        """Whether to leave out what the reader tells rightly, and is sure of."""
        return surety > _KNOWN and self._random.random() > _SHOWN_AGAIN

    def _lengthened(self, span: Readable, without: Sequence[Asked]) -> str:
        """A short sentence of some joined with the one beside it, as blogs write.

        What is joined to a sentence that doesn't answer must not answer either.
        """
        if not self._varied or self._random.random() > _LENGTHENED:
            return span.text
        if len(span.text.split()) > _SHORT or len(span.holds) != 1:
            return span.text
        (mine,) = span.holds
        sentences = span.section[1:]
        answering = {i for one in without if one.section == span.section for i in one.answering}
        beside = [i for i in (mine - 1, mine + 1) if 0 <= i < len(sentences)]
        fitting = [i for i in beside if i not in answering and sentences[i].endswith(".")]
        if not fitting or not sentences[mine].endswith("."):
            return span.text
        other = self._random.choice(fitting)
        first, second = sorted((mine, other))
        joint = self._random.choice([". ", "; ", ", and ", ", while "])
        return sentences[first].rstrip(".") + joint + sentences[second]

    def _other_articles(
        self, document: Document, asked: str, question: str, group: str
    ) -> Iterator[Pair]:
        """What a neighbouring article says to it; only if the question names its own subject."""
        if not set(terms(asked)) & set(terms(document.subject.split(":")[0])):
            return
        near = self._neighbours.get(document.subject, [])[:4]
        for other in self._sample(near, 1):
            _, sections = max(
                other.questions().items(),
                key=lambda entry: (_shared(question, entry[0]), self._random.random()),
            )
            right = [span for span in spans_of(other) if span.answers(sections)]
            if right:
                passage = self._under(other, right[0], right[0].text)
                yield Pair(question, passage, 0, "clinic neighbour", group)

    def _embedded(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(self._embedder.embed_documents(list(texts)), dtype=np.float32)

    def _under(self, document: Document, place: Asked | Readable, text: str) -> str:
        """The text under title and heading, mostly: a reader must do with less, too."""
        chance = self._random.random() if self._varied else 1.0
        title = document.subject if chance > 0.25 else ""
        heading = place.heading if chance > 0.45 else ""
        return in_context(title, heading, text)

    # --- MedQuAD: sections of a page, and the same section of neighbouring subjects ------------

    def _medquad(self, document: Document) -> Iterator[Pair]:
        for number, asked in enumerate(document.asked):
            kind = "elsewhere" if document.name.startswith(ELSEWHERE) else "page"
            group = f"{document.name}/{number}"
            question = self._phrased(asked, document)
            yield Pair(
                question, self._passage(document, asked.sentences, first=True), 1, kind, group
            )
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
                    near = self._window(asked, _nearest(asked), self._random.choice([0, 1]))
                    yield Pair(question, self._titled(document, near), 0, "squad beside", group)
                continue
            answer = asked.answering[0]
            kind = "squad" if document.source == "squad" else "selqa"
            width = self._random.choice([0, 0, 1]) if self._varied else 1
            near = self._window(asked, answer, width)
            narrow = f"{kind} beside" if self._varied else kind
            yield Pair(question, self._titled(document, near), 1, narrow, group)
            if kind == "squad":
                whole = _cut(" ".join(asked.sentences))
                if asked.sentences[answer] in whole:
                    yield Pair(question, self._titled(document, whole), 1, "squad", group)
            beside = [i for i in range(count) if min(abs(i - a) for a in asked.answering) > width]
            for other in self._sample(beside, 2 if kind == "squad" else 3):
                window = self._window(
                    asked, other, 0 if self._random.random() < 0.5 else 1, asked.answering
                )
                yield Pair(question, self._titled(document, window), 0, f"{kind} beside", group)

    @staticmethod
    def _window(asked: Asked, centre: int, width: int, without: Sequence[int] = ()) -> str:
        indices = range(max(0, centre - width), min(len(asked.sentences), centre + width + 1))
        return _cut(" ".join(asked.sentences[i] for i in indices if i not in without))

    # --- texts ---------------------------------------------------------------------------------

    def _passage(self, document: Document, sentences: Sequence[str], *, first: bool) -> str:
        start = 0 if first or len(sentences) < 4 else self._random.randrange(len(sentences) // 2)
        size = self._random.choice([15, 40, 80]) if self._varied else 80
        taken: list[str] = []
        for sentence in sentences[start:]:
            if taken and len(" ".join([*taken, sentence]).split()) > size:
                break
            taken.append(sentence)
        return self._titled(document, _cut(" ".join(taken)))

    def _titled(self, document: Document, text: str) -> str:
        """Half of the passages stand under their title, as they do when questions are answered."""
        return in_context(_bare(document.subject) if self._random.random() < 0.5 else "", "", text)

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
    """For each subject of MedQuAD, or of our own, the documents on the subjects nearest to it."""
    found: dict[str, list[Document]] = {}
    for source in ("medquad", "clinic"):
        by_subject: defaultdict[str, list[Document]] = defaultdict(list)
        for document in documents:
            if document.source == source:
                by_subject[document.subject].append(document)
        subjects = sorted(by_subject)
        if not subjects:
            continue
        vectors = np.asarray(embedder.embed_documents(subjects), dtype=np.float32)
        similarity = vectors @ vectors.T
        for index, subject in enumerate(subjects):
            order = [subjects[i] for i in np.argsort(-similarity[index]) if i != index]
            different = [other for other in order if not _related(subject, other, source)][
                :NEIGHBOURS
            ]
            found[subject] = [document for other in different for document in by_subject[other]]
    return found


def _nearest(asked: Asked) -> int:
    """The sentence that shares most words with the question."""
    return int(np.argmax([_shared(asked.question, sentence) for sentence in asked.sentences]))


def _taken_in(asked: Asked) -> tuple[str, int]:
    """Of a paragraph as much as the reader takes in at a time, and whether that answers.

    The part that answers or, where none does, the one with a sentence most like the question.
    """
    near = asked.answering[0] if asked.answering else _nearest(asked)
    part = next(run for run in in_runs(asked.sentences) if asked.sentences[near] in run)
    return " ".join(part), int(bool(asked.answering))


def _shared(question: str, sentence: str) -> int:
    """How many different words the two have in common."""
    asked, said = (set(re.findall(r"\w+", text.lower())) for text in (question, sentence))
    return len(asked & said)


def _related(one: str, other: str, source: str) -> bool:
    """Whether a passage about the one may well answer for the other.

    On pages, one name contains the other; our articles, whose titles say more, share a word.
    """
    if source == "clinic":
        return bool(set(terms(one)) & set(terms(other)))
    a, b = one.lower(), other.lower()
    return a in b or b in a


def _bare(subject: str) -> str:
    return re.sub(r"\s*\([^)]*\)", "", subject).strip()


def _same_text(one: Asked, other: Asked) -> bool:
    return one.sentences[:1] == other.sentences[:1]


def _cut(text: str) -> str:
    return " ".join(text.split()[:MAX_WORDS])
