"""One report: triage, retrieval and answers on labelled sets, in figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assistant.evaluation.answers import (
    AnswerReport,
    LabelledQuestion,
    evaluate_answers,
    evaluate_retrieval,
    load_questions,
    noted_questions,
)
from assistant.evaluation.triage import evaluate_triage
from assistant.pipeline import Assistant, load_assistant, ready_triager
from assistant.settings import Settings
from assistant.types import AssistantError

PARTS = ("triage", "retrieval", "answers")
NOTED = "noted"  # apart from all the others: it asks everything that editors noted


def run_report(what: str, files: Sequence[Path], *, data: Path, settings: Settings) -> None:
    """Prints the parts asked for, on `files` or on the project's own sets in `data`.

    Raises AssistantError when a part is unknown, a set can't be found or used, or nothing is live.
    """
    if what not in (*PARTS, NOTED, "all"):
        known = ", ".join([*PARTS, NOTED])
        raise AssistantError(f"There is no report {what!r}.", hint=f"Use all, {known}.")
    if what == "all" and files:
        raise AssistantError(
            f"All parts can't be measured on {files[0]}: triage and answers have different rows.",
            hint="Name a part: evaluate triage FILE…, evaluate answers FILE…",
        )
    if what == NOTED and files:
        raise AssistantError(
            f"{files[0]} can't be measured: noted questions are those of the live articles.",
            hint="Leave it out, or measure it with evaluate answers FILE…",
        )
    if what == "triage":
        evaluate_triage(list(files) or found(data, "triage_*.jsonl"), ready_triager())
        return
    console = Console()
    assistant = _live_assistant(settings)  # first: without a store there is no report
    if what == NOTED:
        assistant.answerer()
        print_answers(console, NOTED, evaluate_answers(assistant, noted_questions(assistant)))
        return
    sets = list(files) or [*found(data, "questions_*.jsonl"), *found(data, "dialogues_*.jsonl")]
    questions = [(path.name, load_questions(path)) for path in sets]
    if what != "retrieval":
        assistant.answerer()  # raises what is wrong with it; a visitor's answer would not tell
    if what == "all":
        evaluate_triage(found(data, "triage_*.jsonl"), ready_triager())
    if what in ("retrieval", "all"):
        together = [each for _, asked in questions for each in asked]
        console.print(retrieval_table(assistant, together))
    if what in ("answers", "all"):
        for name, asked in questions:
            print_answers(console, name, evaluate_answers(assistant, asked))


def _live_assistant(settings: Settings) -> Assistant:
    assistant = load_assistant(settings)
    health = assistant.health()
    if not health.ok:
        raise AssistantError(health.message)
    return assistant


def found(data: Path, pattern: str) -> list[Path]:
    """The project's own labelled sets of one kind."""
    paths = sorted(data.glob(pattern))
    if not paths:
        raise AssistantError(
            f"No labelled set {pattern} in {data}.", hint="Name files: evaluate answers FILE…"
        )
    return paths


def retrieval_table(assistant: Assistant, questions: Sequence[LabelledQuestion]) -> Table:
    """nDCG@10 and recall@5 of each kind of search, side by side."""
    table = Table(title="Retrieval", title_justify="left")
    for heading in ("search", "nDCG@10", "recall@5"):
        table.add_column(heading)
    scores = evaluate_retrieval(assistant, questions, today=date.today())
    for name, (gain, found_share) in scores.items():
        table.add_row(name, f"{gain:.3f}", f"{found_share:.3f}")
    return table


def print_answers(console: Console, name: str, report: AnswerReport) -> None:
    """The figures of a set, then every miss."""
    console.print(
        f"\n[bold]Answers: {name}[/bold]\n"
        f"answerable {report.answerable}: right {report.answered_right} ({report.right:.1%}), "
        f"refused {report.refused}, "
        f"wrong {report.answerable - report.answered_right - report.refused}\n"
        f"unanswerable {report.unanswerable}: answered {report.answered_wrongly} "
        f"({report.wrong:.1%})"
    )
    for miss in report.misses:
        console.print(f"  {miss}", markup=False, highlight=False)
