"""The command line: ask, triage, read, status, evaluate."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from assistant.evaluation.rows import Row, json_lines
from assistant.settings import ROOT, hush, load_settings
from assistant.types import Answer, AssistantError

hush()

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Ask the assistant, look at its parts, and measure them.",
)
errors = Console(stderr=True)

StoreOption = Annotated[str | None, typer.Option(help="A folder, or the URL of a Chroma server.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
InOption = Annotated[Path | None, typer.Option("--batch", help="JSON objects, one a line.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Where the results go.")]


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument()] = None,
    batch: InOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Answers a question, or a file of them (`id`, `question`, optional `history`)."""
    from assistant.pipeline import load_assistant

    assistant = load_assistant(load_settings(store=store))
    if batch is not None:
        run_batch(batch, out, lambda row: _asked(assistant.ask, row))
    elif question is None:
        raise typer.BadParameter(
            'give a question in quotes, or --batch FILE. Try: ask "What is ECT?"'
        )
    elif as_json:
        print(json.dumps(_asked(assistant.ask, Row(question=question)), ensure_ascii=False))
    else:
        answer = assistant.ask(question)
        print(answer.text)
        for citation in answer.citations:
            place = " › ".join([citation.title, *citation.heading_path])
            print(f"[{citation.number}] {place} (approved {citation.approved_on})")
    if batch is None and not assistant.health().ok:
        errors.print(assistant.health().message, style="red", markup=False)
        raise typer.Exit(1)


@app.command()
def triage(
    batch: Annotated[Path, typer.Option("--batch", help="JSON objects, one a line.")],
    out: OutOption = None,
) -> None:
    """Says what kind of message each line is (`id`, `question`, optional `history`)."""
    from assistant.pipeline import ready_triager

    triager = ready_triager()

    def judge(row: Row) -> dict[str, Any]:
        found = triager.triage(_message(row), row.turns("history"))
        return {
            "id": row.get("id"),
            "label": found.label,
            "sensitive": found.sensitive,
            "rule_ids": list(found.rule_ids),
        }

    run_batch(batch, out, judge)


@app.command()
def read(
    batch: Annotated[Path, typer.Option("--batch", help="JSON objects, one a line.")],
    out: OutOption = None,
) -> None:
    """Scores whether each passage answers its question (`id`, `question`, `passage`)."""
    from assistant.models import load_reader

    _apart(batch, out)
    rows = list(json_lines(batch))
    reader = load_reader(load_settings())
    by_question: defaultdict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_question[str(row["question"])].append(index)
    scores = [0.0] * len(rows)
    for question, indices in by_question.items():
        found = reader.score(question, [str(rows[i]["passage"]) for i in indices])
        for index, score in zip(indices, found, strict=True):
            scores[index] = score
    with _output(out) as write:
        for row, score in zip(rows, scores, strict=True):
            write({"id": row.get("id"), "score": round(score, 6)})


@app.command()
def status(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """What is live, and is it healthy? The exit code says: 0 healthy, 1 not."""
    from assistant.pipeline import load_assistant

    assistant = load_assistant(load_settings(store=store))
    health = assistant.health()
    facts: dict[str, Any] = {"ok": health.ok, "reason": health.reason, "message": health.message}
    if health.ok or health.reason == "empty":
        library = assistant.library()
        generation = library.snapshot.generation
        facts |= {
            "generation": generation.id,
            "published": generation.created_at.isoformat(timespec="seconds"),
            "articles": len(library.articles),
            "chunks": generation.chunk_count,
            "embedder": generation.embedder,
            "sample": assistant.sample,
        }
    if health.reason != "no_store":
        facts["problems"] = assistant.audit()
        facts["ok"] = health.ok and not facts["problems"]
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        _print_facts(facts)
    if not facts["ok"]:
        raise typer.Exit(1)


@app.command()
def evaluate(
    what: Annotated[str, typer.Argument(help="all, triage, answers, retrieval or noted")] = "all",
    files: Annotated[list[Path] | None, typer.Argument(help="Labelled sets (JSON lines).")] = None,
    store: StoreOption = None,
) -> None:
    """Quality in figures, on the project's own labelled sets or on files of yours."""
    from assistant.evaluation.report import run_report

    run_report(what, files or [], data=ROOT / "tests" / "data", settings=load_settings(store=store))


# --- batches ---------------------------------------------------------------------------------


def run_batch(source: Path, out: Path | None, work: Callable[[Row], dict[str, Any]]) -> None:
    """One result a line, in order, written as each is ready."""
    _apart(source, out)
    with _output(out) as write:
        for row in json_lines(source):
            write(work(row))


def _apart(source: Path, out: Path | None) -> None:
    """Raises AssistantError where the results would overwrite the questions."""
    if out is not None and out.resolve() == source.resolve():
        raise AssistantError(f"{out} holds the questions.", hint="Give --out another file.")


@contextmanager
def _output(path: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Writes JSON objects, one a line, to a file or to stdout."""
    with path.open("w", encoding="utf-8") if path else nullcontext(sys.stdout) as file:

        def write(row: dict[str, Any]) -> None:
            # A lone surrogate from the input can't be written; it is shown escaped instead.
            line = json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace")
            file.write(line.decode("utf-8") + "\n")
            file.flush()

        yield write


def _message(row: Row) -> str:
    return str(row.first("question", "text"))


def _asked(ask: Callable[..., Answer], row: Row) -> dict[str, Any]:
    start = perf_counter()
    answer = ask(_message(row), row.turns("history"))
    milliseconds = (perf_counter() - start) * 1000
    return {"id": row.get("id"), **as_record(answer), "ms": round(milliseconds, 1)}


def as_record(answer: Answer) -> dict[str, Any]:
    """An answer in the fields of the command contract."""
    shown = ("number", "article_id", "title", "url", "heading_path", "quote", "start", "end")
    return {
        "kind": answer.kind,
        "label": answer.triage.label,
        "sensitive": answer.triage.sensitive,
        "text": answer.text,
        "excerpts": [asdict(excerpt) for excerpt in answer.excerpts],
        "citations": [
            {key: value for key, value in asdict(citation).items() if key in shown}
            for citation in answer.citations
        ],
        "generation": answer.generation_id,
    }


def _print_facts(facts: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None)
    for key, value in facts.items():
        shown = "\n".join(value) or "none" if isinstance(value, list) else str(value)
        if value != "":
            table.add_row(key, shown)
    Console().print(table)
    if facts.get("sample"):
        Console().print("The live articles are a demonstration and not clinically reviewed.")


def main() -> None:
    """Runs the command line; our own errors become a sentence and exit code 1."""
    try:
        app()
    except (AssistantError, OSError) as error:
        errors.print(str(error), style="red", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
