"""Generations of published articles in Chroma; the only package that imports chromadb."""

from __future__ import annotations

from pathlib import Path

from assistant.store.embedded import EmbeddedStore
from assistant.store.snapshot import Snapshot

Store = EmbeddedStore


def open_store(location: str) -> Store:
    """The store in a folder, whether or not anything has been published into it."""
    return EmbeddedStore(Path(location))


__all__ = ["Snapshot", "Store", "open_store"]
