"""All data as one: documents with sections, and questions that sentences of a section answer."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from assistant.text import split

Split = Literal["train", "calibrate", "test"]
Lesson = Literal["clinic", "near miss", "long sentences", "paragraphs"]

_LONG = 20  # words of an article's mean sentence; half of our articles have less than 15

EXAMPLES = Path(__file__).parent / "examples"
NEAR_MISSES = EXAMPLES / "near_misses"  # like the others, with more that nearly answers
PARAGRAPHS = EXAMPLES / "paragraphs"  # on anything; half of the questions only look answered

# A whole source of MedQuAD, never trained on: medical paragraphs from elsewhere.
ELSEWHERE = "9_CDC_QA"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with a section's sentences; `answering` indexes those that answer, if any does."""

    question: str
    sentences: list[str]
    answering: list[int]
    kind: str = ""  # MedQuAD's question type
    heading: str = ""

    @property
    def section(self) -> tuple[str, ...]:
        """What tells sections of a document apart; some have no heading."""
        return self.heading, *self.sentences


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A page, an article or a title. Splits never cut through one."""

    source: Literal["clinic", "medquad", "squad", "selqa"]
    name: str
    subject: str
    split: Split
    asked: list[Asked] = field(default_factory=list)
    lesson: Lesson = "clinic"  # of our own articles: what their pairs are called in a pass

    def questions(self) -> dict[str, list[Asked]]:
        """Each question once, with the sections that it was written for or that answer it."""
        found: dict[str, list[Asked]] = {}
        for asked in self.asked:
            found.setdefault(asked.question, []).append(asked)
        return found


def load(folder: Path) -> list[Document]:
    """All documents, in a fixed order."""
    return [*ours(), *_medquad(folder), *_squad(folder), *_selqa(folder)]


def ours() -> list[Document]:
    """The project's own articles, in a clinic's style, with questions that patients would type."""
    return [
        *_clinic(EXAMPLES, "clinic"),
        *_clinic(NEAR_MISSES, "near miss"),
        *_clinic(PARAGRAPHS, "paragraphs"),
    ]


def _clinic(folder: Path, lesson: Lesson) -> list[Document]:
    sections: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            sections.setdefault(row["title"], []).append(row)
    return [
        Document(
            source="clinic",
            name=title,
            subject=title,
            split=_clinic_split(title),
            asked=[asked for row in rows for asked in _asked(row)],
            lesson="long sentences" if lesson != "paragraphs" and _wordy(rows) else lesson,
        )
        for title, rows in sections.items()
    ]


def _asked(row: dict[str, Any]) -> Iterator[Asked]:
    answered = [(entry["question"], entry["answering"]) for entry in row["asked"]]
    for question, answering in [*answered, *((question, []) for question in row["unanswered"])]:
        yield Asked(question, row["sentences"], answering, heading=row["heading"])


def _wordy(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether an article has the long sentences of a practice's blog."""
    words = [len(sentence.split()) for row in rows for sentence in row["sentences"]]
    return sum(words) / len(words) >= _LONG


def _clinic_split(title: str) -> Split:
    """Held out by the hash of the title, one in sixteen to calibrate and one to test."""
    bucket = int(hashlib.sha256(title.encode()).hexdigest(), 16) % 16
    return "test" if bucket == 0 else "calibrate" if bucket == 1 else "train"


def split_of(name: str) -> Split:
    """Held out by the hash of the document's name: one in ten to test, one to calibrate."""
    bucket = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10
    return "test" if bucket == 0 else "calibrate" if bucket == 1 else "train"


def _medquad(folder: Path) -> Iterator[Document]:
    for row in _rows(folder / "medquad.jsonl.gz"):
        # Pages on the same subject, from different institutes, must share a split.
        split_name = "test" if row["collection"] == ELSEWHERE else split_of(row["focus"].lower())
        asked = [
            Asked(_clean(pair["question"]), _sentences(pair["answer"]), [0], pair["qtype"])
            for pair in row["pairs"]
        ]
        name = f"{row['collection']}/{row['doc']}"
        yield Document("medquad", name, row["focus"], split_name, asked)


def _squad(folder: Path) -> Iterator[Document]:
    titles: dict[str, Document] = {}
    contexts: dict[str, list[str]] = {}
    for row in _rows(folder / "squad2.jsonl.gz"):
        title = row["title"]
        if title not in titles:
            subject = title.replace("_", " ")
            titles[title] = Document("squad", title, subject, _title_split(title), [])
        context = row["context"]
        if context not in contexts:
            contexts[context] = [span.text for span in split(context)]
        sentences = contexts[context]
        answering = [] if row["answer"] is None else _holding(context, row["answer_start"])
        titles[title].asked.append(Asked(row["question"].strip(), sentences, answering))
    yield from titles.values()


def _title_split(title: str) -> Split:
    """22 titles are too few for hashing: these were drawn once."""
    if title in {"Steam_engine", "Huguenot", "IPod", "Imperialism"}:
        return "test"
    return "calibrate" if title in {"Force", "Scottish_Parliament"} else "train"


def _holding(context: str, offset: int) -> list[int]:
    return [i for i, span in enumerate(split(context)) if span.start <= offset < span.end]


def _selqa(folder: Path) -> Iterator[Document]:
    articles: dict[str, Document] = {}
    for row in _rows(folder / "selqa.jsonl.gz"):
        name = row["article"]
        if name not in articles:
            articles[name] = Document("selqa", name, name, split_of(name), [])
        asked = Asked(row["question"].strip(), row["sentences"], row["answering"])
        articles[name].asked.append(asked)
    yield from articles.values()


def _sentences(answer: str) -> list[str]:
    """The answer's sentences, without the question that many pages repeat above it."""
    plain = re.sub(r"\s+", " ", re.sub(r"\bKey Points\s*-?\s*", "", answer))
    sentences = [span.text for span in split(plain)]
    if len(sentences) > 1 and sentences[0].endswith("?"):
        sentences = sentences[1:]
    return sentences or [plain]


def _clean(question: str) -> str:
    tidy = re.sub(r"\s+", " ", question.replace("(are)", "").replace("is (are)", "is")).strip()
    return re.sub(r"\s*\?+(?:\s*\?)*$", "?", tidy)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
