"""One publication at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.types import PublicationRunning

PATIENCE = 1.0  # seconds: whoever only looks whether it is held lets go of it at once


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the lock; the operating system lets go of it when its holder dies.

    Raises PublicationRunning naming the process that holds it and since when.
    """
    holder = path.with_suffix(".holder")
    lock = FileLock(path)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        raise PublicationRunning(f"Another publication is running{_who(holder)}.") from None
    try:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        holder.write_text(json.dumps({"pid": os.getpid(), "since": now}), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def held(path: Path) -> bool:
    """Whether somebody holds the lock now."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False  # where no lock can be written, nobody publishes
    lock.release()
    return False


def _who(holder: Path) -> str:
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        return f" (process {facts['pid']}, since {facts['since']})"
    except (OSError, ValueError, KeyError):
        return ""
