"""Counts without content: how many questions of which kind, and never their words."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from threading import Lock

from assistant.types import Answer


class Usage:
    """Counts answers by day, kind and label, in memory only."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._lock = Lock()

    def count(self, answer: Answer) -> None:
        day = datetime.now(UTC).date().isoformat()
        with self._lock:
            self._counts[day, answer.kind, answer.triage.label] += 1

    def table(self) -> dict[tuple[str, str, str], int]:
        """(day, kind, label) to how often."""
        with self._lock:
            return dict(self._counts)
