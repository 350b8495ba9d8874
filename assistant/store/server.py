"""Generations on a Chroma server (and so in distributed Chroma), shared by several machines.

    catalog          metadata: the latest activation; records: manifests, and earlier activations
    articles         every version of every article that a manifest lists, by hash
    generation-ID    the chunks of one generation with their vectors
    publishing       exists while somebody publishes (see lease)

A generation is there as soon as its manifest is in the catalog, which is written last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, NotFoundError

from assistant.store.lease import Lease
from assistant.store.records import dump_activation, load_activation, record_hash
from assistant.store.shelf import Record, Volume
from assistant.store.snapshot import pages
from assistant.types import (
    Activation,
    GenerationGone,
    SettingsError,
    StoreCorrupt,
    StoreMissing,
    StoreUnreachable,
    StoreUnwritable,
)

CATALOG, ARTICLES, PREFIX = "catalog", "articles", "generation-"
TIMEOUT = 30.0  # seconds for one request; a visitor must not wait for ever on a server that hangs
_NOWHERE = [1.0]  # the vector of records that are only ever fetched by id


class Server:
    """Generations on a Chroma server."""

    def __init__(self, url: str) -> None:
        self.name = url
        self._address = _address(url)
        self._lease: Lease | None = None

    @cached_property
    def _client(self) -> Any:
        host, port, ssl = self._address
        client: Any = chromadb.HttpClient(
            host=host, port=port, ssl=ssl, settings=ChromaSettings(anonymized_telemetry=False)
        )
        client._server._session.timeout = httpx.Timeout(TIMEOUT)  # Chroma offers no setting for it
        return client

    @contextmanager
    def lock(self) -> Iterator[None]:
        with ExitStack() as held:
            with self._asking(to_write=True):
                lease = held.enter_context(Lease(self._client))
            self._lease = lease
            held.callback(setattr, self, "_lease", None)
            yield

    def busy(self) -> bool:
        with self._asking():
            return Lease(self._client).held()

    # --- which one is live -------------------------------------------------------------------

    def pointer(self) -> Activation | None:
        with self._asking():
            catalog = self._find(CATALOG)
        latest = (catalog.metadata or {}).get("live") if catalog else None
        return _activation(str(latest)) if latest else None

    def point(self, activation: Activation) -> None:
        with self._asking(to_write=True):
            if self._lease:
                self._lease.confirm()
            self._ensure(CATALOG).modify(metadata={"live": _dumped(activation)})

    def diary(self) -> list[Activation]:
        return sorted(
            (_activation(text) for text in self._catalog("activation").values()),
            key=lambda activation: activation.at,
        )

    def note(self, activation: Activation) -> None:
        self._file("activation", activation.at.isoformat(), _dumped(activation))

    # --- generations -------------------------------------------------------------------------

    def ids(self) -> list[str]:
        return sorted(self._catalog("manifest"))

    def manifest(self, id_: str) -> Record:
        found = self._catalog("manifest", id_)
        if id_ not in found:
            raise GenerationGone(f"Generation {id_} is no longer on {self.name}.")
        return _manifest(id_, found[id_])

    def take(self, id_: str) -> Volume:
        manifest = self.manifest(id_)
        with self._asking():
            collection = self._find(PREFIX + id_)
        if collection is None:
            if id_ in self._catalog("manifest", id_):
                raise StoreCorrupt(f"Generation {id_} has lost its collection {PREFIX}{id_}.")
            raise GenerationGone(f"Generation {id_} is no longer on {self.name}.")
        return Volume(manifest=manifest, articles=self._articles(manifest), collection=collection)

    def put(
        self,
        id_: str,
        manifest: Record,
        articles: Sequence[Record],
        fill: Callable[[Collection], None],
    ) -> None:
        with self._asking(to_write=True):
            try:
                self._add_articles({record_hash(record): record for record in articles})
                fill(
                    self._client.create_collection(
                        PREFIX + id_,
                        configuration={"hnsw": {"space": "cosine"}},
                        embedding_function=None,
                    )
                )
                self._file("manifest", id_, json.dumps(manifest, ensure_ascii=False))
            except BaseException:
                with suppress(Exception):  # what can't be removed now is removed by the next one
                    self._drop(PREFIX + id_)
                raise

    def remove(self, id_: str, *, archive: bool) -> None:
        with self._asking(to_write=True):
            catalog = self._ensure(CATALOG)
            if archive:
                catalog.update(ids=[f"manifest {id_}"], metadatas=[{"kind": "archived"}])
            else:
                catalog.delete(ids=[f"manifest {id_}"])
            self._drop(PREFIX + id_)

    def archived(self, id_: str) -> tuple[Record, Sequence[Record]]:
        found = self._catalog("manifest", id_) or self._catalog("archived", id_)
        if id_ not in found:
            raise StoreMissing(
                f"Generation {id_} is not on {self.name}.", hint="See ingest.py --history."
            )
        manifest = _manifest(id_, found[id_])
        return manifest, self._articles(manifest)

    # --- what was left behind ----------------------------------------------------------------

    def leftovers(self) -> list[str]:
        with self._asking():
            whole = {PREFIX + id_ for id_ in self.ids()}
            names = [collection.name for collection in self._client.list_collections()]
        stale = [name for name in names if name.startswith(PREFIX) and name not in whole]
        return sorted([*stale, *(name for name in names if name.startswith(Lease.STALE))])

    def clear(self) -> None:
        for name in self.leftovers():
            with self._asking(to_write=True):
                self._drop(name)
        self._drop_unlisted_articles()

    def _drop_unlisted_articles(self) -> None:
        manifests = {**self._catalog("manifest"), **self._catalog("archived")}
        listed = {
            entry["record"]
            for id_, text in manifests.items()
            for entry in _manifest(id_, text)["articles"]
        }
        with self._asking(to_write=True):
            articles = self._find(ARTICLES)
            if articles is None:
                return
            unlisted = sorted(set(articles.get(include=[])["ids"]) - listed)
            for ids in pages(unlisted):
                articles.delete(ids=ids)

    # --- inside ------------------------------------------------------------------------------

    def _catalog(self, kind: str, id_: str = "") -> dict[str, str]:
        """Records of the catalog by the id under which they were filed."""
        with self._asking():
            catalog = self._find(CATALOG)
            if catalog is None:
                return {}
            rows = catalog.get(
                ids=[f"{_prefix(kind)} {id_}"] if id_ else None,
                where={"kind": kind},
                include=["documents"],
            )
        names = (str(key).split(" ", 1)[1] for key in rows["ids"])
        return dict(zip(names, rows["documents"] or [], strict=True))

    def _file(self, kind: str, id_: str, text: str) -> None:
        with self._asking(to_write=True):
            self._ensure(CATALOG).upsert(
                ids=[f"{_prefix(kind)} {id_}"],
                documents=[text],
                metadatas=[{"kind": kind}],
                embeddings=[_NOWHERE],  # type: ignore[arg-type]
            )

    def _articles(self, manifest: Record) -> list[Record]:
        keys = sorted({entry["record"] for entry in manifest["articles"]})
        found: list[Record] = []
        with self._asking():
            articles = self._find(ARTICLES)
            for ids in pages(keys) if articles else ():
                rows = articles.get(ids=ids, include=["documents"])  # type: ignore[union-attr]
                found += [json.loads(text) for text in rows["documents"] or []]
        return found

    def _add_articles(self, records: dict[str, Record]) -> None:
        articles = self._ensure(ARTICLES)
        for keys in pages(sorted(records)):
            known = set(articles.get(ids=keys, include=[])["ids"])
            if new := [key for key in keys if key not in known]:
                articles.add(
                    ids=new,
                    documents=[json.dumps(records[key], ensure_ascii=False) for key in new],
                    embeddings=[_NOWHERE] * len(new),  # type: ignore[arg-type]
                )

    def _find(self, name: str) -> Collection | None:
        try:
            found: Collection = self._client.get_collection(name, embedding_function=None)
        except NotFoundError:
            return None
        return found

    def _ensure(self, name: str) -> Collection:
        found: Collection = self._client.get_or_create_collection(name, embedding_function=None)
        return found

    def _drop(self, name: str) -> None:
        with suppress(NotFoundError):
            self._client.delete_collection(name)

    @contextmanager
    def _asking(self, *, to_write: bool = False) -> Iterator[None]:
        """What the server or the way to it refuses becomes a sentence."""
        try:
            yield
        except (httpx.TransportError, ConnectionError) as error:
            raise self._unreachable(type(error).__name__) from error
        except ChromaError as error:
            said = " ".join(str(error).split())[:200]
            kind = StoreUnwritable if to_write else StoreUnreachable
            raise kind(f"{self.name} refused: {said!r}.") from error
        except ValueError as error:  # how Chroma's client says that nobody answers
            if "connect" not in str(error).lower():
                raise
            raise self._unreachable("nobody answers") from error

    def _unreachable(self, why: str) -> StoreUnreachable:
        return StoreUnreachable(f"The Chroma server {self.name} can't be reached: {why}.")


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port and whether it is encrypted. Raises SettingsError."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if not parts.hostname or port == -1 or parts.path.strip("/") or parts.query or parts.username:
        raise SettingsError(
            f"The store's address is {url!r}.",
            hint="A Chroma server's address looks like http://localhost:8000, with no path.",
        )
    ssl = parts.scheme == "https"
    return parts.hostname, port or (443 if ssl else 8000), ssl


def _prefix(kind: str) -> str:
    """Ids are unique in a collection: an archived manifest keeps the id that it had."""
    return "manifest" if kind == "archived" else kind


def _dumped(activation: Activation) -> str:
    return json.dumps(dump_activation(activation), ensure_ascii=False)


def _activation(text: str) -> Activation:
    try:
        return load_activation(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreCorrupt(f"The {CATALOG} holds an entry that can't be read.") from error


def _manifest(id_: str, text: str) -> Record:
    try:
        manifest: Record = json.loads(text)
        if {"generation", "articles"} <= manifest.keys():
            return manifest
    except (ValueError, AttributeError):
        pass
    raise StoreCorrupt(f"Generation {id_} has no readable manifest.")
