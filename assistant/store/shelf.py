"""What a place for generations must be able to do; a folder and a Chroma server both can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from chromadb.api.models.Collection import Collection

from assistant.types import Activation

Record = dict[str, Any]
"""Something as JSON would hold it: a manifest or an article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One generation taken from the shelf, not yet looked into."""

    manifest: Record
    articles: Sequence[Record]
    collection: Collection
    close: Callable[[], None] = lambda: None
    asking: Callable[[], AbstractContextManager[None]] = nullcontext
    """Goes around every question to the collection: says it when nobody answers."""


class Shelf(Protocol):
    """Keeps generations, a pointer to the live one and a diary, and knows what none of them means.

    A generation is on the shelf whole or not at all, whenever the writer is killed.
    """

    @property
    def name(self) -> str:
        """The store's name in messages."""

    def lock(self) -> AbstractContextManager[None]:
        """Held by whoever changes anything. Raises PublicationRunning when somebody else has it."""

    def busy(self) -> bool:
        """Whether somebody holds the lock now."""

    def pointer(self) -> Activation | None:
        """The latest activation; None before the first. Raises StoreCorrupt when unreadable."""

    def point(self, activation: Activation) -> None:
        """Makes it the latest, in one step that readers see entirely or not at all."""

    def diary(self) -> list[Activation]:
        """Earlier activations, oldest first."""

    def note(self, activation: Activation) -> None:
        """Adds one to the diary."""

    def ids(self) -> list[str]:
        """All generations on the shelf, in order of their ids."""

    def manifest(self, id_: str) -> Record:
        """Raises StoreCorrupt when it can't be read."""

    def take(self, id_: str) -> Volume:
        """A generation, for reading. Raises StoreCorrupt or GenerationGone."""

    def put(
        self,
        id_: str,
        manifest: Record,
        articles: Sequence[Record],
        fill: Callable[[Collection], None],
    ) -> None:
        """Writes a generation; `fill` adds the chunks. Raises StoreUnwritable."""

    def remove(self, id_: str, *, archive: bool) -> None:
        """Takes a generation away; with `archive`, its manifest and its articles are kept."""

    def archived(self, id_: str) -> tuple[Record, Sequence[Record]]:
        """Manifest and articles of any generation that ever went live. Raises StoreMissing."""

    def leftovers(self) -> list[str]:
        """What a killed publication left, by name."""

    def clear(self) -> None:
        """Removes the leftovers. Only under the lock."""
