"""The default store: a folder in which each generation is a folder with its own Chroma database.

    live                      the id of the live generation, replaced atomically
    generations/ID/manifest.json, articles.json, chroma/
    generations/ID.part       being written, or left by a publication that was killed

A generation is never changed after it is written, so a reader needs no lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import chromadb
from chromadb.config import Settings as ChromaSettings

from assistant.store.locking import locked
from assistant.store.records import by_id, dump_article, dump_generation, load_article
from assistant.store.records import load_generation as generation_from
from assistant.store.snapshot import Snapshot, add_chunks
from assistant.types import (
    Article,
    AssistantError,
    Chunk,
    Generation,
    StoreCorrupt,
    StoreMissing,
    Vector,
)

FORMAT = 1
_COLLECTION = "chunks"
_QUIET = ChromaSettings(anonymized_telemetry=False)
_OPEN_AT_ONCE = 3  # snapshots kept open: the live one, and older ones that readers still hold


class EmbeddedStore:
    """Generations in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.location = str(folder)
        self._folder = folder
        self._generations = folder / "generations"
        self._pointer = folder / "live"
        self._open: dict[str, tuple[Any, Snapshot]] = {}
        self._lock = RLock()

    # --- reading -----------------------------------------------------------------------------

    def live_id(self) -> str:
        """The id of the live generation. Raises StoreMissing when nothing was published."""
        try:
            id_ = self._pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise StoreMissing(
                f"Nothing has been published into {self._folder.name} yet."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreCorrupt(
                f"The pointer {self._pointer.name} can't be read: {error}."
            ) from error
        if not id_ or "/" in id_ or not (self._generations / id_).is_dir():
            raise StoreCorrupt(f"The live generation {id_[:40]!r} is not in the store.")
        return id_

    def live(self) -> Snapshot:
        """The live generation, opened again only when another one has been activated."""
        return self.open(self.live_id())

    def open(self, id_: str) -> Snapshot:
        """Any generation by id. Raises StoreCorrupt when it is not whole."""
        with self._lock:
            if id_ not in self._open:
                self._open[id_] = self._opened(self._generations / id_)
                for old in list(self._open)[:-_OPEN_AT_ONCE]:  # no question takes that long
                    self._open.pop(old)[0].close()
            return self._open[id_][1]

    def generations(self) -> list[Generation]:
        """All whole generations, newest first."""
        return [generation for generation, _ in self._manifests()]

    def history(self) -> list[dict[str, Any]]:
        """The manifests, newest first: who approved what, when, and with which model."""
        return [manifest for _, manifest in self._manifests()]

    # --- writing -----------------------------------------------------------------------------

    def lock(self) -> Any:
        """Held while publishing. Raises PublicationRunning when somebody else holds it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return locked(self._folder / "publishing.lock")

    def write(
        self,
        generation: Generation,
        articles: Sequence[Article],
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        *,
        notes: Mapping[str, Any] | None = None,
    ) -> None:
        """Writes a generation aside; it is not live yet, and complete or not there at all."""
        self.clear_unfinished()
        part = self._generations / f"{generation.id}.part"
        part.mkdir(parents=True)
        try:
            with _client(part / "chroma") as client:
                collection = client.create_collection(
                    _COLLECTION,
                    configuration={"hnsw": {"space": "cosine"}},
                    embedding_function=None,
                )
                add_chunks(collection, chunks, vectors)
            text = json.dumps([dump_article(article) for article in articles], ensure_ascii=False)
            _write(part / "articles.json", text)
            manifest = {
                "format": FORMAT,
                "generation": dump_generation(generation),
                "articles": _approvals(articles),
                "files": _hashes(part),
                "notes": dict(notes or {}),
            }
            _write(part / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
            _sync_folder(part)
            part.rename(self._generations / generation.id)
            _sync_folder(self._generations)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise

    def activate(self, id_: str) -> None:
        """Makes a generation live, in one step."""
        if not (self._generations / id_ / "manifest.json").is_file():
            raise StoreMissing(f"There is no generation {id_!r}.", hint="See ingest.py --history.")
        beside = self._pointer.with_name(f"{self._pointer.name}.{os.getpid()}")
        _write(beside, id_ + "\n")
        beside.replace(self._pointer)
        _sync_folder(self._folder)

    def prune(self, keep: int) -> list[str]:
        """Removes all but the newest `keep` generations and the live one; their ids."""
        live = self.live_id()
        old = [g.id for g in self.generations() if g.id != live][max(0, keep - 1) :]
        for id_ in old:
            self.remove(id_)
        return old

    def remove(self, id_: str) -> None:
        """Removes a generation that is not live."""
        with self._lock:
            if client := self._open.pop(id_, (None, None))[0]:
                client.close()
        shutil.rmtree(self._generations / id_, ignore_errors=True)

    def clear_unfinished(self) -> None:
        """Removes what publications that were killed have left."""
        if self._generations.is_dir():
            for part in self._generations.glob("*.part"):
                shutil.rmtree(part, ignore_errors=True)

    def audit(self) -> list[str]:
        """What is wrong with the store, in the operator's words; empty when nothing is."""
        problems = []
        try:
            live = self.live_id()
        except AssistantError as error:
            return [str(error)]
        for folder in sorted(self._generations.iterdir()):
            if folder.suffix == ".part":
                problems.append(f"{folder.name}: left by a publication that did not finish.")
                continue
            try:
                _check_files(folder)
                self.open(folder.name)
            except AssistantError as error:
                problems.append(f"{'Live: ' if folder.name == live else ''}{error}")
        return problems

    # --- inside ------------------------------------------------------------------------------

    def _opened(self, folder: Path) -> tuple[Any, Snapshot]:
        manifest = _check_files(folder)
        try:
            generation = generation_from(manifest["generation"])
            records = json.loads((folder / "articles.json").read_text(encoding="utf-8"))
            articles = by_id(load_article(record) for record in records)
            client: Any = chromadb.PersistentClient(_readable(folder / "chroma"), settings=_QUIET)
            collection = client.get_collection(_COLLECTION, embedding_function=None)
            return client, Snapshot(generation, articles, collection)
        except AssistantError:
            raise
        except Exception as error:  # Chroma and its layers each raise their own kind
            raise StoreCorrupt(
                f"Generation {folder.name} can't be opened: {type(error).__name__}."
            ) from error

    def _manifests(self) -> list[tuple[Generation, dict[str, Any]]]:
        found = []
        for path in self._generations.glob("*/manifest.json"):
            if path.parent.suffix == ".part":
                continue
            try:
                manifest = json.loads(path.read_text(encoding="utf-8"))
                found.append((generation_from(manifest["generation"]), manifest))
            except (ValueError, KeyError, TypeError, OSError):
                continue  # the audit reports it
        return sorted(found, key=lambda pair: (pair[0].created_at, pair[0].id), reverse=True)


@contextmanager
def _client(path: Path) -> Iterator[Any]:
    client: Any = chromadb.PersistentClient(str(path), settings=_QUIET)
    try:
        yield client
    finally:
        client.close()


def _readable(folder: Path) -> str:
    """The folder, or a copy of it where the disk is read-only: SQLite writes when it opens."""
    if os.access(folder, os.W_OK) and os.access(folder / "chroma.sqlite3", os.W_OK):
        return str(folder)
    copy = Path(tempfile.mkdtemp(prefix="assistant-")) / "chroma"
    shutil.copytree(folder, copy)
    return str(copy)


def _check_files(folder: Path) -> dict[str, Any]:
    """The manifest, after comparing the generation's files with it. Raises StoreCorrupt."""
    try:
        manifest: dict[str, Any] = json.loads(
            (folder / "manifest.json").read_text(encoding="utf-8")
        )
        expected = manifest["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreCorrupt(f"Generation {folder.name} has no readable manifest.") from error
    if manifest.get("format") != FORMAT:
        raise StoreCorrupt(f"Generation {folder.name} was written by another version.")
    found = _hashes(folder)
    for name, digest in expected.items():
        if found.get(name) != digest:
            state = "changed" if name in found else "missing"
            raise StoreCorrupt(f"Generation {folder.name} is damaged: {name} is {state}.")
    _check_database(folder)
    return manifest


def _check_database(folder: Path) -> None:
    path = folder / "chroma" / "chroma.sqlite3"
    try:
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as database:
            state = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise StoreCorrupt(f"Generation {folder.name} is damaged: {path.name}: {error}.") from error
    if state != "ok":
        raise StoreCorrupt(f"Generation {folder.name} is damaged: {path.name}: {state}.")


def _hashes(folder: Path) -> dict[str, str]:
    """SHA-256 by name of the files that nobody changes.

    Chroma touches its own files each time it opens them; they are checked by what they hold.
    """
    path = folder / "articles.json"
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()} if path.is_file() else {}


def _approvals(articles: Sequence[Article]) -> list[dict[str, str]]:
    return [
        {
            "id": article.id,
            "title": article.title,
            "approved_by": article.approved_by,
            "approved_on": article.approved_on.isoformat(),
            "review_by": article.review_by.isoformat(),
            "content_hash": article.content_hash,
        }
        for article in articles
    ]


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
