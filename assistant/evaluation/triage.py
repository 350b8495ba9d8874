"""Triage on labelled messages: recall and precision per label, confusion, and every error.

A row has `text` with `label`, or `text` or `turns` (a visitor's messages, in order) with `expect`:
`urgent`, `not_urgent`, `urgent_by_end` (raised at some turn) or `not_answered` (anything that is
not searched for: not information and not a personal question).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.table import Table

from assistant.evaluation.rows import Row, json_lines
from assistant.triage import Triager
from assistant.types import URGENT, Label, Triage, Turn

EXPECTATIONS = ("urgent", "not_urgent", "urgent_by_end", "not_answered")

_SHOWN = 110  # characters of a message in a list of errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`hits` of `total`, with its 95 % interval."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval (JASA 22, 1927) for 95 %."""
        if not self.total:
            return math.nan, math.nan
        z, n, p = 1.96, self.total, self.value
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        if not self.total:
            return "-"
        low, high = self.interval
        return f"{self.hits}/{self.total} = {self.value:.3f} [{low:.3f}, {high:.3f}]"


@dataclass(slots=True)
class TriageReport:
    """What came out for a set. `judged` counts (expected, found) pairs of labels."""

    judged: Counter[tuple[str, str]] = field(default_factory=Counter)
    expectations: dict[str, Share] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def recall(self, label: str) -> Share:
        row = {found: n for (expected, found), n in self.judged.items() if expected == label}
        return Share(hits=row.get(label, 0), total=sum(row.values()))

    def precision(self, label: str) -> Share:
        column = {expected: n for (expected, found), n in self.judged.items() if found == label}
        return Share(hits=column.get(label, 0), total=sum(column.values()))

    def urgent_recall(self) -> Share:
        """Of the urgent messages, those that got some urgent card."""
        rows = [(found, n) for (expected, found), n in self.judged.items() if expected in URGENT]
        return Share(hits=sum(n for found, n in rows if found in URGENT), total=_sum(rows))

    def false_alarms(self) -> Share:
        """Of the messages that are not urgent, those that got a card."""
        rows = [(f, n) for (expected, f), n in self.judged.items() if expected not in URGENT]
        return Share(hits=sum(n for found, n in rows if found in URGENT), total=_sum(rows))


def judge(rows: Iterable[Row], triager: Triager) -> TriageReport:
    """Triage of every row of a set."""
    report = TriageReport()
    kept: dict[str, list[bool]] = {}
    for row in rows:
        if "label" in row:
            _judge_label(row, triager, report)
        else:
            name, results = _judge_expectation(row, triager, report)
            kept.setdefault(name, []).extend(results)
    report.expectations = {
        name: Share(hits=sum(results), total=len(results)) for name, results in kept.items()
    }
    return report


def _judge_label(row: Row, triager: Triager, report: TriageReport) -> None:
    found = triager.triage(row["text"], row.turns("history"))
    report.judged[row["label"], found.label] += 1
    if found.label != row["label"]:
        report.errors.append(_error(row["label"], found, row["text"]))
    if row.get("sensitive") and not found.sensitive:
        report.errors.append(_error("sensitive", found, row["text"]))


def _judge_expectation(row: Row, triager: Triager, report: TriageReport) -> tuple[str, list[bool]]:
    """Whether each message, or a conversation as a whole, met what was expected of it."""
    expect = row["expect"]
    messages = row.get("turns") or [row["text"]]
    history: list[Turn] = []
    found: list[Triage] = []
    for message in messages:
        found.append(triager.triage(message, history))
        history.append(Turn(role="user", text=message))
    if expect == "urgent_by_end":
        good = [found[-1].urgent]
    elif expect == "not_answered":
        good = [one.label not in ("information", "personal_advice") for one in found]
    else:
        good = [one.urgent == (expect == "urgent") for one in found]
    for message, one, fine in zip(messages, found, good, strict=False):
        if not fine:
            report.errors.append(_error(expect, one, message))
    return expect, good


def evaluate_triage(paths: Sequence[Path], triager: Triager) -> None:
    """Prints the report of each set."""
    console = Console()
    for path in paths:
        _print(console, path.name, judge(_labelled(path), triager))


def _labelled(path: Path) -> list[Row]:
    """The rows of a set, all of which can be judged. A slip must not count as a right answer."""
    rows = list(json_lines(path))
    for row in rows:
        if "label" in row:
            row.one_of("label", get_args(Label))
            row.turns("history")
            messages = [row["text"]]
        else:
            row.one_of("expect", EXPECTATIONS)
            messages = row.get("turns") or [row["text"]]
        if not isinstance(messages, list) or not all(isinstance(each, str) for each in messages):
            raise row.amiss("has messages that are not texts", 'Write "text": "…" in quotes.')
    return rows


def _print(console: Console, name: str, report: TriageReport) -> None:
    console.print(f"\n[bold]Triage: {name}[/bold]")
    for expect, share in report.expectations.items():
        console.print(f"  as expected ({expect}): {share}", highlight=False)
    if report.judged:
        console.print(f"  urgent messages that got a card: {report.urgent_recall()}")
        console.print(f"  cards for messages that are not urgent: {report.false_alarms()}")
        console.print(_by_label(report), _confusion(report))
    for error in report.errors:
        console.print(f"  {error}", markup=False, highlight=False)


def _by_label(report: TriageReport) -> Table:
    table = Table("label", "recall [95 %]", "precision [95 %]")
    for label in sorted({expected for expected, _ in report.judged}):
        table.add_row(label, str(report.recall(label)), str(report.precision(label)))
    return table


def _confusion(report: TriageReport) -> Table:
    labels = sorted({label for pair in report.judged for label in pair})
    table = Table("expected ↓ found →", *labels)
    for expected in labels:
        counts = [report.judged[expected, found] for found in labels]
        table.add_row(expected, *[str(count or "") for count in counts])
    return table


def _error(expected: str, found: Triage, text: str) -> str:
    shown = " ".join(text.split())[:_SHOWN]
    return f"{expected} → {found.label} ({', '.join(found.rule_ids) or 'no rule'}): {shown}"


def _sum(rows: Iterable[tuple[str, int]]) -> int:
    return sum(count for _, count in rows)
