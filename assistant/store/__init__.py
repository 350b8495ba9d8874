"""Generations of published articles in Chroma; the only package that imports chromadb."""

from __future__ import annotations

import re
from pathlib import Path

from assistant.store.folder import Folder
from assistant.store.generations import Store
from assistant.store.server import Server
from assistant.store.snapshot import Snapshot
from assistant.types import SettingsError

# Meant as a server, without saying so: "chroma:8000", "http:chroma", "tcp://chroma".
_ALMOST_A_SERVER = re.compile(r"[^/\\]+:\d+(?:/.*)?|https?:.*|.*://.*", re.IGNORECASE)


def open_store(location: str) -> Store:
    """The store in a folder or on a Chroma server, whether or not anything was published into it.

    Raises SettingsError when a server's address is not one: as a folder of that name it would be
    published into, and no visitor would ever see it.
    """
    if location.lower().startswith(("http://", "https://")):
        return Store(Server(location))
    folder = Path(location)
    if _ALMOST_A_SERVER.fullmatch(location) and not folder.is_dir():
        raise SettingsError(
            f"The store is {location!r}, which is neither a server's address nor a folder.",
            hint="A Chroma server's address begins with http:// or https://, as in "
            f"http://localhost:8000. A folder with such a name is written ./{location}",
        )
    return Store(Folder(folder))


__all__ = ["Snapshot", "Store", "open_store"]
