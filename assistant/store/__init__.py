"""Generations of published articles in Chroma; the only package that imports chromadb."""

from __future__ import annotations

from pathlib import Path

from assistant.store.folder import Folder
from assistant.store.generations import Store
from assistant.store.server import Server
from assistant.store.snapshot import Snapshot


def open_store(location: str) -> Store:
    """The store in a folder or on a Chroma server, whether or not anything was published into it.

    Raises SettingsError when a server's address is not one.
    """
    if location.startswith(("http://", "https://")):
        return Store(Server(location))
    return Store(Folder(Path(location)))


__all__ = ["Snapshot", "Store", "open_store"]
