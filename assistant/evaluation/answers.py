"""Retrieval and answers on labelled questions: did the right sentence reach the visitor?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from assistant.evaluation.rows import Row, json_lines
from assistant.pipeline import Assistant
from assistant.retrieval import fuse
from assistant.types import Answer, AssistantError, Chunk, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledQuestion:
    """A question, and verbatim pieces of the corpus any one of which is a right answer."""

    id: str
    question: str
    answerable: bool
    right: tuple[str, ...] = ()
    kind: str = ""
    history: tuple[Turn, ...] = ()


@dataclass(slots=True)
class AnswerReport:
    """Counts over a set, and what went wrong, one line a miss."""

    answerable: int = 0
    answered_right: int = 0
    refused: int = 0
    unanswerable: int = 0
    answered_wrongly: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def right(self) -> float:
        """Share (0..1) of the answerable that got a right sentence."""
        return self.answered_right / self.answerable if self.answerable else math.nan

    @property
    def wrong(self) -> float:
        """Share (0..1) of the unanswerable that were answered all the same."""
        return self.answered_wrongly / self.unanswerable if self.unanswerable else math.nan


def load_questions(path: Path) -> list[LabelledQuestion]:
    """Questions or follow-up dialogues, one JSON object a line.

    Keys: `id`, `question` (or `message` with `turns`), `expect` (`answer` or `no_answer`), `right`.
    Raises AssistantError naming the file and the line.
    """
    return [_question(row) for row in json_lines(path)]


def _question(row: Row) -> LabelledQuestion:
    return LabelledQuestion(
        id=row["id"],
        question=row.first("question", "message"),
        answerable=row.one_of("expect", ("answer", "no_answer")) == "answer",
        right=row.texts("right"),
        kind=row.get("kind", ""),
        history=row.turns("turns"),
    )


def noted_questions(assistant: Assistant) -> list[LabelledQuestion]:
    """Every question noted for a live article; right is the sentence that it was noted for.

    Raises AssistantError when there are none.
    """
    found = [
        LabelledQuestion(
            id=f"{article.id}-{number}",
            question=noted.question,
            answerable=True,
            right=(article.body[noted.start : noted.end],),
        )
        for article in assistant.library().in_date(assistant.today())
        for number, noted in enumerate(article.noted, start=1)
    ]
    if not found:
        raise AssistantError(
            "No questions are noted for the live articles.", hint="See docs/content-team.md."
        )
    return found


def evaluate_answers(assistant: Assistant, questions: Iterable[LabelledQuestion]) -> AnswerReport:
    """Asks every question and counts right answers, refusals and wrong ones.

    Raises AssistantError when one could not be answered: a failure is not a refusal.
    """
    report = AnswerReport()
    for question in questions:
        answer = assistant.ask(question.question, question.history)
        if answer.kind == "unavailable":
            raise AssistantError(
                f"{question.id} ({question.question!r}) could not be answered: "
                f"the {assistant.settings.answerer} answerer failed.",
                hint="Look whether what it needs is there, and measure again.",
            )
        _count(report, question, answer)
    return report


def _count(report: AnswerReport, question: LabelledQuestion, answer: Answer) -> None:
    shown = " / ".join(excerpt.text for excerpt in answer.excerpts)
    if not question.answerable:
        report.unanswerable += 1
        if answer.excerpts:
            report.answered_wrongly += 1
            report.misses.append(f"{question.id} should be refused: {question.question} → {shown}")
        return
    report.answerable += 1
    if not answer.excerpts:
        report.refused += 1
        why = f"{answer.kind}, {answer.triage.label}"
        report.misses.append(f"{question.id} refused ({why}): {question.question}")
    elif contains_right(shown, question.right):
        report.answered_right += 1
    else:
        report.misses.append(f"{question.id} wrong sentence: {question.question} → {shown}")


def contains_right(shown: str, right: Sequence[str]) -> bool:
    """Whether one of the right pieces is part of what was shown, spacing aside."""
    plain = " ".join(shown.split())
    return any(" ".join(piece.split()) in plain for piece in right)


def evaluate_retrieval(
    assistant: Assistant, questions: Iterable[LabelledQuestion], *, today: date
) -> dict[str, tuple[float, float]]:
    """nDCG@10 and recall@5 (both 0..1, means over the answerable questions) per kind of search.

    A chunk is relevant if it holds one of the right pieces; gains are binary. nDCG after
    Järvelin and Kekäläinen, ACM TOIS 20(4), 2002.
    """
    library = assistant.library()
    finder = assistant.finder()  # what ranks passages for every answerer
    chunks = library.snapshot.chunks
    scores: dict[str, list[tuple[float, float]]] = {}
    for question in questions:
        relevant = _relevant(question, chunks)
        if not question.answerable or not relevant or question.history:
            continue
        dense = library.retriever.dense(question.question, today=today)
        lexical = library.retriever.lexical(question.question, today=today)
        hybrid = fuse(dense, lexical, chunks)
        live = library.retriever.retrieve(question.question, today=today)
        read = finder.rank(library.question(question.question), hybrid, library.articles)
        rankings = {
            "dense": dense,
            "lexical": lexical,
            "hybrid": [passage.chunk.id for passage in hybrid],
            "hybrid + noted questions": [passage.chunk.id for passage in live],
            "hybrid + reader": [passage.chunk.id for passage in read],
        }
        for name, ranking in rankings.items():
            scores.setdefault(name, []).append(
                (ndcg(ranking, relevant, 10), recall(ranking, relevant, 5))
            )
    return {name: _means(pairs) for name, pairs in scores.items()}


def _relevant(question: LabelledQuestion, chunks: Mapping[str, Chunk]) -> set[str]:
    return {
        chunk_id for chunk_id, chunk in chunks.items() if contains_right(chunk.text, question.right)
    }


def ndcg(ranking: Sequence[str], relevant: set[str], depth: int) -> float:
    """Normalised discounted cumulative gain (0..1) of the first `depth` results."""
    gains = [1 / math.log2(rank + 1) for rank in range(1, depth + 1)]
    found = sum(gain for gain, id_ in zip(gains, ranking[:depth], strict=False) if id_ in relevant)
    ideal = sum(gains[: len(relevant)])
    return found / ideal if ideal else 0.0


def recall(ranking: Sequence[str], relevant: set[str], depth: int) -> float:
    """Share (0..1) of the relevant chunks among the first `depth` results."""
    return len(relevant & set(ranking[:depth])) / min(len(relevant), depth) if relevant else 0.0


def _means(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    count = len(pairs)
    return sum(pair[0] for pair in pairs) / count, sum(pair[1] for pair in pairs) / count
