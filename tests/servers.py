"""A real Chroma server on loopback, for the tests that need one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import chromadb
from chromadb.api import ClientAPI
from chromadb.config import Settings


@contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """The address of a server whose data are in `folder`; it stops when the test is over."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = shutil.which("chroma", path=str(Path(sys.executable).parent)) or "chroma"
    arguments = ["run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [command, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while client(f"http://127.0.0.1:{port}") is None:
            assert process.poll() is None, "the Chroma server did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def client(url: str) -> ClientAPI | None:
    """A client of its own, or None while nobody answers."""
    host, port = url.removeprefix("http://").split(":")
    with suppress(ValueError):  # how Chroma says that nobody answers
        return chromadb.HttpClient(
            host=host, port=int(port), settings=Settings(anonymized_telemetry=False)
        )
    return None


def emptied(url: str) -> str:
    """The same server with nothing on it."""
    server = client(url)
    assert server is not None
    for collection in server.list_collections():
        server.delete_collection(collection.name)
    return url
