"""Counts without content: how many questions of which kind, and never their words."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from threading import Lock
from typing import get_args

from assistant.types import Answer, Opinion


class Usage:
    """Counts answers and what visitors thought of them, by day, kind and label; in memory only."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._opinions: Counter[tuple[str, str, str, str]] = Counter()
        self._lock = Lock()

    def count(self, answer: Answer) -> None:
        with self._lock:
            self._counts[_today(), answer.kind, answer.triage.label] += 1

    def rate(self, answer: Answer, opinion: Opinion) -> None:
        """Counts an opinion of an answer. Raises ValueError for any that is not on the list.

        The list is fixed so that no words of a visitor can get in here.
        """
        if opinion not in get_args(Opinion):
            raise ValueError(f"an opinion is one of {', '.join(get_args(Opinion))}")
        with self._lock:
            self._opinions[_today(), answer.kind, answer.triage.label, opinion] += 1

    def table(self) -> dict[tuple[str, str, str], int]:
        """(day, kind, label) to how often."""
        with self._lock:
            return dict(self._counts)

    def opinions(self) -> dict[tuple[str, str, str, str], int]:
        """(day, kind, label, opinion) to how often."""
        with self._lock:
            return dict(self._opinions)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
