"""The content team's golden questions: tried on a publication before it goes live."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.pipeline import Assistant
from assistant.settings import read_toml
from assistant.types import Answer, CorpusError, GoldenResult, Kind, Label


class GoldenQuestion(BaseModel):
    """One `[[question]]` table of golden.toml."""

    model_config = ConfigDict(extra="forbid")

    ask: str
    kind: Kind | None = None
    label: Label | None = None
    article: str = ""
    must: list[str] = []
    must_not: list[str] = []
    language: Literal["en", "es"] | None = None


def load_golden(path: Path) -> list[GoldenQuestion]:
    """The questions of a golden.toml; none when there is no such file.

    Raises CorpusError naming the question and the key that is wrong.
    """
    if not path.exists():
        return []
    found = []
    tables = read_toml(path)
    questions = tables.pop("question", [])
    if tables or not _are_tables(questions):  # a slip here must not let everything pass
        wrong = next(iter(tables), "question")
        raise CorpusError(
            f"{path.name}: {wrong!r} is not understood.",
            hint="Begin every question with a line [[question]] and run the command again.",
        )
    for number, table in enumerate(questions, start=1):
        try:
            found.append(GoldenQuestion(**table))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise CorpusError(
                f"{path.name}, question {number} ({table.get('ask', 'no `ask`')!r}): "
                f"`{key}`: {first['msg'].lower()}.",
                hint="Correct this question and run the command again.",
            ) from error
    return found


def without_questions(path: Path) -> str:
    """Why there are no golden questions, in words; empty when there are some."""
    if load_golden(path):
        return ""
    if path.exists():
        return f"{path} holds no [[question]]"
    return f"there is no {path.name} in {path.parent}"


def _are_tables(questions: object) -> bool:
    return isinstance(questions, list) and all(isinstance(each, dict) for each in questions)


def run_golden(assistant: Assistant, questions: Sequence[GoldenQuestion]) -> list[GoldenResult]:
    """How the assistant does on each question, in order."""
    results = []
    for question in questions:
        answer = assistant.ask(question.ask, language=question.language)
        reason = shortcoming(question, answer)
        if reason and answer.kind != "unavailable":  # a failure would make every id unknown
            reason = _unknown(question, assistant) or reason
        results.append(
            GoldenResult(
                question=question.ask, passed=not reason, reason=reason, after=digest(answer)
            )
        )
    return results


def _unknown(question: GoldenQuestion, assistant: Assistant) -> str:
    """That no article has the id that a question asks for: a slip, or it was withdrawn."""
    if not question.article or assistant.article(question.article):
        return ""
    return (
        f"no article has the id {question.article!r}. Correct `article` in golden.toml, or remove "
        "this question if the article was withdrawn"
    )


def shortcoming(question: GoldenQuestion, answer: Answer) -> str:
    """What is wrong with an answer, in words for the content team; empty when all is well."""
    text = answer.text.casefold()
    cited = [citation.article_id for citation in answer.citations]
    if answer.kind == "unavailable" and question.kind != "unavailable":
        return "it could not be answered: something failed"
    if question.kind and answer.kind != question.kind:
        return f"expected {question.kind}, got {answer.kind}"
    if question.label and answer.triage.label != question.label:
        return f"expected to be understood as {question.label}, was {answer.triage.label}"
    if question.article and question.article not in cited:
        return f"expected the article {question.article}, got {', '.join(cited) or 'none'}"
    for phrase in question.must:
        if phrase.casefold() not in text:
            return f"the answer lacks “{phrase}”"
    for phrase in question.must_not:
        if phrase.casefold() in text:
            return f"the answer contains “{phrase}”"
    return ""


def digest(answer: Answer) -> str:
    """All that an answer quotes, so that no change is missed, or what kind of reply it is."""
    return " / ".join(excerpt.text for excerpt in answer.excerpts) or f"({answer.kind})"
