"""A real Chroma server on loopback, for the tests that need one, and others that are none."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread, Timer

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


@contextmanager
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and never answers.

    It hangs up in the end, so that a test of who waits for ever fails, and does not hang.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hang_up = Timer(300, listening.close)
        hang_up.daemon = True
        hang_up.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert hang_up.is_alive(), "somebody waited until the server hung up"
        hang_up.cancel()


@contextmanager
def strange_server(answer: Callable[[str], tuple[int, str]]) -> Iterator[str]:
    """The address of a web server that answers a path with a status and a page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, page = answer(self.path)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", str(len(page.encode())))
            self.end_headers()
            self.wfile.write(page.encode())

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815, the names it is looked up by

        def log_message(self, format: str, *args: object) -> None:
            """Requests of a test are nobody's business."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


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
