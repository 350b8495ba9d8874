"""One publication at a time on a Chroma server, by a collection that only one can create.

A server can't tell that the holder died, so a holder renews its lease; one that is no longer
renewed, or whose process is gone from this machine, is taken over.
"""

from __future__ import annotations

import os
import platform
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any, ClassVar

from chromadb.errors import ChromaError, NotFoundError

from assistant.types import PublicationRunning

RENEW = timedelta(seconds=10)
EXPIRES = timedelta(seconds=60)
GRACE = 1.0  # seconds between finding a holder dead and clearing up after it


class Lease:
    """A context manager. Raises PublicationRunning naming who holds it and since when."""

    NAME: ClassVar[str] = "publishing"
    STALE: ClassVar[str] = "publishing-stale-"

    def __init__(self, client: Any) -> None:
        self._client = client
        self._collection: Any = None
        self._since = datetime.now(UTC)
        self._done = Event()

    def __enter__(self) -> Lease:
        if not self._create():
            holder = self._holder()
            if holder is not None and not _dead(holder.metadata or {}):
                raise PublicationRunning(f"Another publication is running{_who(holder.metadata)}.")
            if holder is not None:
                self._done.wait(GRACE)  # what it sent last may still be on its way
                _set_aside(self._client, holder)
            if not self._create():
                raise PublicationRunning("Another publication has just begun.")
        Thread(target=self._renew, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        with suppress(Exception):  # a server that is away: the lease expires by itself
            _set_aside(self._client, self._collection)

    def held(self) -> bool:
        """Whether somebody alive holds it now."""
        holder = self._holder()
        return holder is not None and not _dead(holder.metadata or {})

    def confirm(self) -> None:
        """Raises PublicationRunning when the lease was lost: this machine slept too long."""
        holder = self._holder()
        if holder is None or holder.id != self._collection.id:
            raise PublicationRunning(
                "Another publication took over, because this one was not heard of for "
                f"{EXPIRES.seconds} seconds."
            )

    def _create(self) -> bool:
        try:
            self._collection = self._client.create_collection(
                self.NAME, metadata=self._facts(), embedding_function=None
            )
        except ChromaError as error:
            if "exist" not in str(error):  # Chroma has no kind of its own for a name that is taken
                raise
            return False
        return True

    def _holder(self) -> Any:
        try:
            return self._client.get_collection(self.NAME, embedding_function=None)
        except NotFoundError:
            return None

    def _renew(self) -> None:
        while not self._done.wait(RENEW.total_seconds()):
            with suppress(Exception):  # the next time, or it is lost, which `confirm` notices
                self._collection.modify(metadata=self._facts())

    def _facts(self) -> dict[str, str | int]:
        return {
            "pid": os.getpid(),
            "host": platform.node(),
            "since": self._since.isoformat(timespec="seconds"),
            "renewed": datetime.now(UTC).isoformat(),
        }


def _set_aside(client: Any, collection: Any) -> None:
    """Frees the name, and only of this very lease: it is renamed by its id before it goes."""
    name = f"{Lease.STALE}{uuid.uuid4().hex}"
    with suppress(NotFoundError):
        collection.modify(name=name)
        client.delete_collection(name)


def _dead(facts: dict[str, Any]) -> bool:
    try:
        expired = datetime.now(UTC) - datetime.fromisoformat(facts["renewed"]) > EXPIRES
        return expired or (facts["host"] == platform.node() and not _runs(int(facts["pid"])))
    except (KeyError, TypeError, ValueError):
        return True  # not one of ours


def _runs(pid: int) -> bool:
    if os.name != "posix":
        return True  # only the lease tells
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _who(facts: dict[str, Any] | None) -> str:
    facts = facts or {}
    return f" (process {facts.get('pid')} on {facts.get('host')}, since {facts.get('since')})"
