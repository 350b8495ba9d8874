"""The default store: a folder in which each generation is a folder with its own Chroma database.

    live                      the latest activation: the generation's id, then the details as JSON;
                              replaced atomically
    diary.json                earlier activations; diary.json.damaged is one that could not be read
    generations/ID/           manifest.json, articles.json, chroma/
    generations/ID.part/      being written or removed, or left by a publication that was killed
    archive/ID.json.gz        manifest and articles of a generation that was pruned

A generation is never changed after it is written, so a reader needs no lock.
"""

from __future__ import annotations

import errno
import gzip
import json
import logging
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from threading import Lock
from typing import Any

import chromadb
from chromadb.api.models.Collection import Collection
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError

from assistant.store.locking import held, locked
from assistant.store.records import dump_activation, load_activation
from assistant.store.shelf import Record, Volume
from assistant.types import Activation, GenerationGone, StoreCorrupt, StoreMissing, StoreUnwritable

log = logging.getLogger(__name__)

COLLECTION = "chunks"
PART = ".part"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_QUIET = ChromaSettings(anonymized_telemetry=False)


class Folder:
    """Generations in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._folder = folder
        self._generations = folder / "generations"
        self._pointer = folder / "live"
        self._diary = folder / "diary.json"
        self._archive = folder / "archive"

    @contextmanager
    def lock(self) -> Iterator[None]:
        with ExitStack() as held:
            with self._writing():
                self._folder.mkdir(parents=True, exist_ok=True)
                held.enter_context(locked(self._folder / "publishing.lock"))
            yield

    def busy(self) -> bool:
        return self._folder.is_dir() and held(self._folder / "publishing.lock")

    # --- which one is live -------------------------------------------------------------------

    def pointer(self) -> Activation | None:
        try:
            id_, _, details = self._pointer.read_text(encoding="utf-8").partition("\n")
            if not _ID.fullmatch(id_):
                raise ValueError(id_)
            return load_activation(json.loads(details)) if details else self._bare(id_)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreCorrupt(f"The pointer {self._pointer.name} can't be read.") from error

    def _bare(self, id_: str) -> Activation:
        """A pointer written by hand, with nothing but an id in it."""
        return Activation(
            generation_id=id_, at=datetime.fromtimestamp(self._pointer.stat().st_mtime, UTC)
        )

    def point(self, activation: Activation) -> None:
        details = json.dumps(dump_activation(activation), ensure_ascii=False)
        with self._writing():
            _replace(self._pointer, f"{activation.generation_id}\n{details}\n".encode())

    def diary(self) -> list[Activation]:
        try:
            entries = json.loads(self._diary.read_text(encoding="utf-8"))
            return [load_activation(entry) for entry in entries]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreCorrupt(f"{self._diary.name} can't be read.") from error

    def note(self, activation: Activation) -> None:
        with self._writing():
            entries = [dump_activation(entry) for entry in [*self._begun(), activation]]
            _replace(self._diary, json.dumps(entries, ensure_ascii=False, indent=1).encode())

    def _begun(self) -> list[Activation]:
        """The diary to go on with: a damaged one is set aside, for it must keep nothing from going
        live.
        """
        try:
            return self.diary()
        except StoreCorrupt:
            aside = _free(self._diary.with_name(f"{self._diary.name}.damaged"))
            self._diary.rename(aside)
            log.warning("%s can't be read: it is now %s", self._diary.name, aside.name)
            return []

    # --- generations -------------------------------------------------------------------------

    def ids(self) -> list[str]:
        return sorted(path.name for path in self._found() if path.suffix != PART)

    def manifest(self, id_: str) -> Record:
        return _manifest(self._generations / id_)

    def take(self, id_: str) -> Volume:
        folder = self._generations / id_
        if not folder.is_dir():
            raise GenerationGone(f"Generation {id_} is no longer in {self.name}.")
        manifest = _manifest(folder)
        articles = _json(folder / "articles.json")
        _check_database(folder)
        try:
            client, close = _opened(folder / "chroma")
        except Exception as error:  # Chroma and its layers each raise their own kind
            raise StoreCorrupt(
                f"Generation {id_} can't be opened: {type(error).__name__}."
            ) from error
        try:
            collection = client.get_collection(COLLECTION, embedding_function=None)
        except Exception as error:
            close()
            raise StoreCorrupt(f"Generation {id_} has no {COLLECTION} in it.") from error
        return Volume(manifest=manifest, articles=articles, collection=collection, close=close)

    def put(
        self,
        id_: str,
        manifest: Record,
        articles: Sequence[Record],
        fill: Callable[[Collection], None],
    ) -> None:
        part = self._generations / f"{id_}{PART}"
        try:
            with self._writing():
                part.mkdir(parents=True)
                with _client(part / "chroma") as client:
                    collection = client.create_collection(
                        COLLECTION,
                        configuration={"hnsw": {"space": "cosine"}},
                        embedding_function=None,
                    )
                    fill(collection)
                _write(part / "articles.json", json.dumps(articles, ensure_ascii=False).encode())
                text = json.dumps(manifest, ensure_ascii=False, indent=1)
                _write(part / "manifest.json", text.encode())
                _sync_folder(part)
                part.rename(self._generations / id_)
                _sync_folder(self._generations)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise

    def remove(self, id_: str, *, archive: bool) -> None:
        folder = self._generations / id_
        if not folder.is_dir():
            return
        with self._writing():
            if archive:
                self._archive.mkdir(exist_ok=True)
                kept = {"manifest": _manifest(folder), "articles": _json(folder / "articles.json")}
                _replace(
                    self._archive / f"{id_}.json.gz",
                    gzip.compress(json.dumps(kept, ensure_ascii=False).encode()),
                )
            # Gone in one step: killed while its files are removed, it is a leftover.
            part = folder.rename(folder.with_name(f"{id_}{PART}"))
        shutil.rmtree(part, ignore_errors=True)

    def archived(self, id_: str) -> tuple[Record, Sequence[Record]]:
        folder, path = self._generations / id_, self._archive / f"{id_}.json.gz"
        if folder.is_dir():
            return _manifest(folder), _json(folder / "articles.json")
        try:
            kept = json.loads(gzip.decompress(path.read_bytes()))
            return kept["manifest"], kept["articles"]
        except FileNotFoundError:
            raise StoreMissing(
                f"Generation {id_} is not in {self.name}.", hint="See ingest.py --history."
            ) from None
        except (OSError, EOFError, ValueError, KeyError) as error:
            raise StoreCorrupt(f"{path.name} in the archive can't be read.") from error

    # --- what was left behind ----------------------------------------------------------------

    def leftovers(self) -> list[str]:
        parts = [path.name for path in self._found() if path.suffix == PART]
        return sorted([*parts, *(path.name for path in self._folder.glob("*.new"))])

    def clear(self) -> None:
        for name in self.leftovers():
            shutil.rmtree(self._generations / name, ignore_errors=True)
            with suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)
        for beside in self._archive.glob("*.new"):
            beside.unlink(missing_ok=True)

    def _found(self) -> list[Path]:
        return list(self._generations.iterdir()) if self._generations.is_dir() else []

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """What the disk or Chroma refuses becomes a sentence."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise StoreUnwritable(f"{self.name} can't be written: {reason}.") from error
        except ChromaError as error:
            reason = f"Chroma says {' '.join(str(error).split())[:200]!r}"
            if shutil.disk_usage(self._folder).free < _LITTLE:
                reason = os.strerror(errno.ENOSPC)
            raise StoreUnwritable(f"{self.name} can't be written: {reason}.") from error


_LITTLE = 1_000_000  # bytes free: Chroma's own words for a full disk vary


@contextmanager
def _client(path: Path) -> Iterator[Any]:
    client = _connected(path)
    try:
        yield client
    finally:
        _closed(client)


# Chroma keeps one database for all clients of a path and counts them: a second client may get it
# before it has started, or after the last one but itself has stopped it.
_connecting = Lock()


def _connected(path: Path) -> Any:
    with _connecting:
        try:
            return chromadb.PersistentClient(str(path), settings=_QUIET)
        except BaseException:
            # Else the next client of this path, when the disk has room again, gets the database
            # that never started.
            if str(path) not in SharedSystemClient._identifier_to_refcount:
                SharedSystemClient._identifier_to_system.pop(str(path), None)
            raise


def _closed(client: Any) -> None:
    with _connecting:
        client.close()


def _opened(folder: Path) -> tuple[Any, Callable[[], None]]:
    """A client of a database, and what closes it.

    SQLite writes when it opens, so a database on a full or read-only disk is read from a copy.
    """
    if os.access(folder, os.W_OK) and os.access(folder / "chroma.sqlite3", os.W_OK):
        try:
            client = _connected(folder)
            return client, lambda: _closed(client)
        except ChromaError:
            if shutil.disk_usage(folder).free >= _LITTLE:
                raise
    copy = tempfile.TemporaryDirectory(prefix="assistant-")
    path = Path(copy.name) / "chroma"
    shutil.copytree(folder, path)
    path.chmod(0o700)
    for inside in path.rglob("*"):
        inside.chmod(0o700 if inside.is_dir() else 0o600)
    copied = _connected(path)

    def close() -> None:
        _closed(copied)
        copy.cleanup()

    return copied, close


def _manifest(folder: Path) -> Record:
    manifest: Record = _json(folder / "manifest.json")
    if not isinstance(manifest, dict) or not {"generation", "articles"} <= manifest.keys():
        raise StoreCorrupt(f"Generation {folder.name} has no readable manifest.")
    return manifest


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreCorrupt(
            f"Generation {path.parent.name} is damaged: {path.name} can't be read."
        ) from error


def _check_database(folder: Path) -> None:
    """Chroma rewrites its files when it opens them: they are checked by what they hold."""
    path = folder / "chroma" / "chroma.sqlite3"
    place = path.absolute().as_uri()  # "#" and "?" mean something in an address
    try:
        state = _quick_check(f"{place}?mode=ro")
    except sqlite3.Error:
        try:  # a disk on which nothing can be written has nobody else writing either
            state = _quick_check(f"{place}?mode=ro&immutable=1")
        except sqlite3.Error as error:
            state = str(error)
    if state != "ok":
        raise StoreCorrupt(f"Generation {folder.name} is damaged: {path.name}: {state}.")


def _quick_check(uri: str) -> str:
    with closing(sqlite3.connect(uri, uri=True)) as database:
        return str(database.execute("PRAGMA quick_check(1)").fetchone()[0])


def _free(path: Path) -> Path:
    """The path, or the first with a number behind it that is not taken."""
    numbered = (path.with_name(f"{path.name}{number}") for number in count(2))
    return next(each for each in chain([path], numbered) if not os.path.lexists(each))


def _replace(path: Path, data: bytes) -> None:
    """Writes a file so that whoever reads it meets the old one or the new one, whole."""
    beside = path.with_name(f"{path.name}.new")
    _write(beside, data)
    beside.replace(path)
    _sync_folder(path.parent)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
