"""The content team's command: check, publish, look back, roll back."""

from __future__ import annotations

import getpass
import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.exceptions
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from assistant.settings import hush, load_settings
from assistant.types import (
    Activation,
    AssistantError,
    PublicationRunning,
    PublishReport,
)

if TYPE_CHECKING:
    from assistant.publishing import Return
    from assistant.settings import Settings
    from assistant.store import Store

hush()

FAILED, GOLDEN_FAILED, BUSY = 1, 2, 3

errors = Console(stderr=True)


def ingest(
    corpus: Annotated[Path | None, typer.Option(help="Folder with articles/ and the rest.")] = None,
    store: Annotated[str | None, typer.Option(help="A folder, or a Chroma server's URL.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only look, also before a --rollback; write nothing.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Publish nothing while there are warnings.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    status: Annotated[bool, typer.Option("--status", help="What is live.")] = False,
    history: Annotated[
        bool, typer.Option("--history", help="What was published when; with a DAY, what it said.")
    ] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Go back: to the ID given, or to the one before.")
    ] = False,
    which: Annotated[
        str, typer.Argument(metavar="[ID|DAY]", help="For --rollback an ID, for --history a DAY.")
    ] = "",
    skip_golden: Annotated[
        bool,
        typer.Option("--skip-golden", help="Publish although golden questions fail, or are gone."),
    ] = False,
) -> None:
    """Publishes the approved articles of corpus/ so that the assistant answers from them.

    Exit code 0: published, or nothing to do. 1: an error; what was live is still live. 2: golden
    questions failed; not published. 3: another publication is running.
    """
    if which and not (history or rollback):
        raise AssistantError(
            f"{which!r} is not an option; nothing was published.",
            hint="Options begin with two dashes: --check, --status, --history, --rollback.",
        )
    settings = load_settings(corpus=corpus, store=store)
    if status:
        _status(settings, as_json)
    elif history and which:
        _editions(settings, which, as_json)
    elif history:
        _history(settings, as_json)
    elif rollback:
        _rollback(settings, which, as_json, check=check)
    elif check:
        _check(settings, as_json, skip_golden=skip_golden, strict=strict)
    else:
        _publish(settings, as_json, skip_golden=skip_golden, strict=strict)


def _publish(settings: Settings, as_json: bool, *, skip_golden: bool, strict: bool) -> None:
    errors.print(f"Publishing {settings.corpus.name}/ …", markup=False)
    from assistant import publishing
    from assistant.models import load_embedder
    from assistant.store import open_store

    with _progress_bar() as bar:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        report = publishing.publish(
            publishing.Publication(
                settings=settings,
                store=open_store(settings.store),
                embedder=load_embedder(settings),
                progress=progress,
                skip_golden=skip_golden,
                strict=strict,
                by=_who(),
            )
        )
    _print_report(report, as_json)
    if not report.activated and any(not result.passed for result in report.golden):
        errors.print("Golden questions failed: not published. What was live is still live.")
        if report.removed:
            told = f"Also what this publication would have taken off: {', '.join(report.removed)}."
            errors.print(told, markup=False)
        raise typer.Exit(GOLDEN_FAILED)
    if strict and report.complaints:
        errors.print("Not published, because of --strict. What was live is still live.")
        raise typer.Exit(FAILED)


def _check(settings: Settings, as_json: bool, *, skip_golden: bool, strict: bool) -> None:
    from assistant import publishing
    from assistant.store import open_store

    report = publishing.check(
        settings, open_store(settings.store), date.today(), skip_golden=skip_golden
    )
    _print_report(report, as_json, checked=True)
    if report.obstacle:
        errors.print(report.obstacle, style="red", markup=False)
    if report.obstacle or (report.complaints if strict else report.refused):
        raise typer.Exit(FAILED)


def _status(settings: Settings, as_json: bool) -> None:
    from assistant.store import open_store

    store = open_store(settings.store)
    live = store.live()
    latest = store.history()[0]
    waiting, trouble = _waiting(settings, store)
    facts = {
        "generation": live.generation.id,
        "published": live.generation.created_at.isoformat(timespec="seconds"),
        "live_from": latest.at.isoformat(timespec="seconds"),
        "how": latest.how,
        "by": latest.by,
        "waiting": waiting,
        "corpus": trouble,
        "embedder": live.generation.embedder,
        "chunks": live.generation.chunk_count,
        "articles": [
            {
                **article.approval,
                "in_date": article.in_date(date.today()),
            }
            for article in live.articles.values()
        ],
    }
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    table = Table(title=f"Live: {facts['generation']}", title_justify="left")
    for heading in ("article", "approved by", "approved on", "review by"):
        table.add_column(heading)
    for article in live.articles.values():
        due = article.review_by.isoformat() + (
            "" if article.in_date(date.today()) else " (expired)"
        )
        days = article.approved_on.isoformat(), due
        _add_row(table, article.title, article.approved_by, *days)
    out = Console()
    out.print(table)
    by = f" by {latest.by}" if latest.by else ""
    out.print(f"  {latest.how}{by}, {_moment(latest.at)}", highlight=False, markup=False)
    for verb, articles in waiting.items():
        if articles:
            text = f"  {verb} in the corpus, not yet published: {', '.join(articles)}"
            out.print(text, highlight=False, markup=False, style="yellow")
    if trouble:
        text = f"  what the corpus holds can't be told: {trouble}"
        out.print(text, highlight=False, markup=False, style="yellow")


def _waiting(settings: Settings, store: Store) -> tuple[dict[str, tuple[str, ...]], str]:
    """What the next publication would change: articles whose hash is not the live one's; or why
    that can't be told."""
    from assistant import publishing

    if not settings.corpus.is_dir():
        return {}, ""  # no corpus on this machine
    try:
        report = publishing.check(settings, store, date.today())
    except AssistantError as error:
        return {}, str(error)
    return {verb: getattr(report, verb) for verb in ("added", "changed", "removed")}, ""


def _history(settings: Settings, as_json: bool) -> None:
    from assistant.store import open_store

    store = open_store(settings.store)
    live = store.live_id()
    kept = {generation.id: generation for generation in store.generations()}
    entries = store.history()
    if as_json:
        rows = [
            {
                "id": entry.generation_id,
                "live": entry == entries[0],
                **asdict(entry),
                "kept": entry.generation_id in kept,
            }
            for entry in entries
        ]
        print(json.dumps(rows, ensure_ascii=False, default=str))
        return
    table = Table(title="What went live, newest first", title_justify="left")
    for heading in ("live from", "id", "", "by", "golden questions", "roll back?"):
        table.add_column(heading, no_wrap=heading in ("live from", "id"))
    for entry in entries:
        back = "live" if entry.generation_id == live else "yes"
        _add_row(
            table,
            _moment(entry.at),
            entry.generation_id,
            entry.how,
            entry.by,
            f"{entry.golden - len(entry.overridden)} of {entry.golden}" if entry.golden else "none",
            back if entry.generation_id in kept else "no longer",
        )
    Console().print(table)


def _editions(settings: Settings, which: str, as_json: bool) -> None:
    """What the site said on a day, and why: who approved it, which models, what was overridden."""
    from assistant.store import open_store

    try:
        day = date.fromisoformat(which)
    except ValueError:
        raise AssistantError(
            f"{which!r} is not a day.", hint="Write it as year-month-day: --history 2027-03-03"
        ) from None
    editions = open_store(settings.store).on(day)
    if as_json:
        print(json.dumps([asdict(edition) for edition in editions], default=str))
        return
    out = Console()
    for edition in editions:
        entry, generation = edition.activation, edition.generation
        until = f"until {_moment(edition.until)}" if edition.until else "and still"
        table = Table(title_justify="left")
        table.title = f"Live from {_moment(entry.at)} {until}: {generation.id}"
        for heading in ("article", "approved by", "approved on", "review by", "text (SHA-256)"):
            table.add_column(heading)
        for article in edition.articles.values():
            days = article.approved_on.isoformat(), article.review_by.isoformat()
            _add_row(table, article.title, article.approved_by, *days, article.content_hash[:12])
        out.print(table)
        said = f"  {entry.how} by {entry.by or '?'}; golden questions: {_tried(entry)}"
        out.print(said, highlight=False, markup=False)
        models = {"embedder": generation.embedder, "chunker": generation.chunker, **edition.notes}
        for name, value in models.items():
            out.print(f"  {name}: {value}", highlight=False, markup=False)
    out.print("With --json, the articles' words too.")


def _add_row(table: Table, *values: str) -> None:
    """As plain words: in a title, [b] is no markup."""
    table.add_row(*map(Text, values))


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _tried(entry: Activation) -> str:
    if entry.overridden:
        return f"{entry.golden} tried, published in spite of: {'; '.join(entry.overridden)}"
    return f"{entry.golden} passed" if entry.golden else "none"


def _who() -> str:
    """The account that runs the command, for the history; a container may have no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _rollback(settings: Settings, generation: str, as_json: bool, *, check: bool) -> None:
    from assistant import publishing
    from assistant.models import embedder_set
    from assistant.store import open_store

    found = publishing.rollback(
        open_store(settings.store),
        generation,
        by=_who(),
        embedder=embedder_set(settings),
        corpus=publishing.corpus_today(
            settings.corpus,
            date.today(),
            told=lambda why: errors.print(why, style="yellow", markup=False),
        ),
        trial=check,
    )
    if as_json:
        print(json.dumps(_returned(found, activated=not check), ensure_ascii=False))
    else:
        _print_return(found)
        done = f"Checked: {found.id}. Nothing was written." if check else f"Live again: {found.id}"
        Console().print(done, highlight=False)
    if check and found.withdrawn and not generation:
        errors.print(
            "Withdrawn articles would be live again: --rollback alone does not do that. If it must "
            f"be, name the publication: python ingest.py --rollback {found.id}",
            style="red",
            markup=False,
        )
        raise typer.Exit(FAILED)


def _returned(found: Return, *, activated: bool) -> dict[str, Any]:
    return {
        "generation": found.id,
        "activated": activated,
        "back": found.back,
        "changed": found.changed,
        "leaving": found.leaving,
        "unfit": dict(found.unfit),
    }


def _print_return(found: Return) -> None:
    out = Console()
    for verb, articles in (
        ("comes back", found.back),
        ("as before", found.changed),
        ("leaves", found.leaving),
    ):
        for article in articles:
            out.print(f"  {verb:>10}  {article}", highlight=False, markup=False)
            if reason := found.unfit.get(article):
                word = "WITHDRAWN" if article in found.withdrawn else "UNAPPROVED"
                text = f"  {word:>10}  {article}: {_sentence(reason)}"
                out.print(text, highlight=False, markup=False, style="red")


def _print_report(report: PublishReport, as_json: bool, *, checked: bool = False) -> None:
    if as_json:
        print(json.dumps(asdict(report), ensure_ascii=False, default=str))
        return
    out = Console()
    for verb in ("added", "changed", "removed"):
        for article in getattr(report, verb):
            out.print(f"  {verb:>9}  {article}", highlight=False, markup=False)
    if report.unchanged:
        out.print(f"  unchanged  {len(report.unchanged)} articles", highlight=False)
    for rejection in report.rejected:
        text = f"   REJECTED  {_sentence(str(rejection))}"
        out.print(text, highlight=False, markup=False, style="red")
    for warning in report.warnings:
        text = f"    warning  {_sentence(warning)}"
        out.print(text, highlight=False, markup=False, style="yellow")
    if checked:
        _print_checked(out, report)
    _print_golden(out, report)
    _print_outcome(out, report)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def _print_checked(out: Console, report: PublishReport) -> None:
    for finding in report.findings:
        if finding.severity == "note":
            out.print(f"       note  {_sentence(str(finding))}", highlight=False, markup=False)
    passed = len(report.added) + len(report.changed) + len(report.unchanged)
    out.print(
        f"Checked. Articles that may go live: {passed}; rejected: {len(report.rejected)}; "
        f"warnings: {len(report.warnings)}. Nothing was written.",
        highlight=False,
    )
    if report.complaints:
        out.print("With --strict nothing would be published.", highlight=False)


def _print_golden(out: Console, report: PublishReport) -> None:
    for result in report.golden:
        if not result.passed:
            text = f"     golden  “{result.question}”: {result.reason}."
            out.print(text, highlight=False, markup=False, style="red")
    changes = [result for result in report.golden if result.changed]
    if changes:
        table = Table(title="Answers that change", title_justify="left", show_lines=True)
        for heading in ("question", "before", "after"):
            table.add_column(heading, ratio=1)
        for result in changes:
            _add_row(table, result.question, result.before, result.after)
        out.print(table)
    if report.golden:
        passed = sum(result.passed for result in report.golden)
        out.print(f"  golden questions: {passed} of {len(report.golden)} passed", highlight=False)


def _print_outcome(out: Console, report: PublishReport) -> None:
    if report.activated and report.generation:
        out.print(
            f"Published: {report.generation.id}, {report.generation.chunk_count} chunks "
            f"({report.embedded} embedded, {report.copied} copied).",
            highlight=False,
        )
    elif report.generation and not report.golden:
        out.print(f"Nothing to do: {report.generation.id} is live and up to date.", highlight=False)


def _progress_bar() -> Progress:
    return Progress(
        TextColumn("{task.description:>18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=not errors.is_terminal,
    )


def main() -> None:
    """Runs the command; our own errors become a sentence and an exit code."""
    try:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command()(ingest)
        # Not standalone, where a misspelt option would end with 2: that means golden questions.
        code = app(standalone_mode=False)
        sys.exit(code or 0)
    except typer.exceptions.TyperException as error:
        wrong = error.format_message().rstrip(".")
        errors.print(f"{wrong}. Nothing was published.", style="red", markup=False)
        errors.print("ingest.py --help lists the options.", markup=False)
        sys.exit(FAILED)
    except typer.Abort:
        sys.exit(FAILED)
    except PublicationRunning as error:
        errors.print(str(error), style="red", markup=False)
        sys.exit(BUSY)
    except AssistantError as error:
        errors.print(str(error), style="red", markup=False)
        sys.exit(FAILED)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        errors.print(
            f"The disk refused: {error.strerror or error}{where}. What was live is still live. "
            "Free some space or correct the permissions, then run the command again.",
            style="red",
            markup=False,
        )
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
