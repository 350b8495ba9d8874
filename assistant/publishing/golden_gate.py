"""The golden questions, which a candidate must answer before it goes live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.evaluation.golden import GoldenQuestion, load_golden, run_golden, without_questions
from assistant.pipeline import Assistant
from assistant.publishing.job import Publication
from assistant.settings import Settings
from assistant.store import Snapshot, Store
from assistant.types import AssistantError, GoldenResult, PublishReport, StoreCorrupt


def with_golden(
    report: PublishReport, settings: Settings, store: Store, *, skip: bool
) -> PublishReport:
    """The report with a word on golden questions that are not tried, or not there: perhaps lost."""
    report = replace(report, warnings=(*report.warnings, *_set_aside(report, settings)))
    none = without_questions(settings.corpus / "golden.toml")
    if not none:
        return report
    if not skip and (tried := _tried_before(store)):
        lost = (
            f"{tried}, and now {none}. Put the questions back, or publish without any: "
            "python ingest.py --skip-golden."
        )
        return replace(report, obstacle=report.obstacle or lost)
    return replace(report, warnings=(*report.warnings, f"No golden questions were tried: {none}"))


def _set_aside(report: PublishReport, settings: Settings) -> Iterator[str]:
    """What is said of the golden questions that ask for an article withdrawn on purpose."""
    withdrawn = _withdrawn(report)
    for question in load_golden(settings.corpus / "golden.toml"):
        if status := withdrawn.get(question.article):
            yield (
                f"golden.toml: “{question.ask}” is not tried: {question.article} is {status}. "
                "Remove this question, or write another `article`."
            )


def _withdrawn(report: PublishReport) -> dict[str, str]:
    """The articles whose own files say that they are retired or drafts, and which.

    They leave whatever golden questions ask: what is withdrawn in a hurry may do harm. An article
    whose file is gone, or has a slip, was perhaps lost: there the questions stand.
    """
    return {each.article_id: each.chosen for each in report.rejected if each.chosen}


def _tried_before(store: Store) -> str:
    """That the last publication was tried on golden questions, or may have been; else empty."""
    try:
        last = store.last_published()
    except StoreCorrupt:
        return "Nobody can tell whether the last publication was tried on golden questions"
    if last is None or not last.golden:
        return ""
    plural = "s" if last.golden > 1 else ""
    return f"The last publication was tried on {last.golden} golden question{plural}"


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A source that always hands out the same generation."""

    snapshot: Snapshot

    def live(self) -> Snapshot:
        return self.snapshot


def tried_on_golden(
    job: Publication, candidate: Snapshot, before: Snapshot | None, report: PublishReport
) -> tuple[GoldenResult, ...]:
    """The golden questions against the candidate, with what the live generation says to them.

    Those about articles that are withdrawn on purpose are left out; the report says so.
    """
    withdrawn = _withdrawn(report)
    questions = [
        question
        for question in load_golden(job.settings.corpus / "golden.toml")
        if question.article not in withdrawn
    ]
    if not questions:
        return ()
    job.progress("golden questions", 0, len(questions))
    results = run_golden(_assistant(job, candidate), questions)
    earlier = _answers_before(job, before, questions)
    job.progress("golden questions", len(questions), len(questions))
    return tuple(
        replace(result, before=said) for result, said in zip(results, earlier, strict=True)
    )


def _answers_before(
    job: Publication, before: Snapshot | None, questions: Sequence[GoldenQuestion]
) -> list[str]:
    if before is None or before.generation.embedder != job.embedder.fingerprint:
        return [""] * len(questions)
    try:
        return [result.after for result in run_golden(_assistant(job, before), questions)]
    except AssistantError:
        return [""] * len(questions)


def _assistant(job: Publication, snapshot: Snapshot) -> Assistant:
    return Assistant(
        job.settings,
        source=_Fixed(snapshot),
        embedder=job.embedder,
        reader=job.reader,
        today=lambda: job.day,
    )
