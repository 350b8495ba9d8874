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
from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, NotFoundError

from assistant.store.lease import Lease
from assistant.store.records import dump_activation, load_activation, record_hash
from assistant.store.shelf import Record, Volume
from assistant.store.snapshot import pages
from assistant.types import (
    Activation,
    AssistantError,
    GenerationGone,
    SettingsError,
    StoreCorrupt,
    StoreMissing,
    StoreUnreachable,
    StoreUnwritable,
)

CATALOG, ARTICLES, PREFIX = "catalog", "articles", "generation-"
# Seconds for one request; a visitor must not wait for ever on a server that hangs.
TIMEOUT = 30.0
_DATABASE = f"/api/v2/tenants/{DEFAULT_TENANT}/databases/{DEFAULT_DATABASE}"
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
        self._knock()
        client: Any = chromadb.HttpClient(
            host=host, port=port, ssl=ssl, settings=ChromaSettings(anonymized_telemetry=False)
        )
        client._server._session.timeout = httpx.Timeout(TIMEOUT)  # Chroma offers no setting for it
        return client

    def _knock(self) -> None:
        """Raises StoreUnreachable unless a Chroma server answers, and in time.

        Its client asks while it is being made, and with no limit. It asks for the database, too:
        a heartbeat would go on while that one hangs.
        """
        host, port, ssl = self._address
        url = httpx.URL(scheme="https" if ssl else "http", host=host, port=port, path=_DATABASE)
        with self._asking():
            answer = httpx.get(url, timeout=TIMEOUT).raise_for_status()
            _ = answer.json()["name"]  # other programs answer, too, but not with this

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
        return Volume(
            manifest=manifest,
            articles=self._articles(manifest),
            collection=collection,
            asking=self._asking,
        )

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
        try:
            listed = {
                entry["record"]
                for id_, text in manifests.items()
                for entry in _manifest(id_, text)["articles"]
            }
        except StoreCorrupt:
            return  # any article may be one that it lists
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
        names = (str(key).partition(" ")[2] for key in rows["ids"])
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
                found += map(_article, rows["ids"], rows["documents"] or [])
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
        kind = StoreUnwritable if to_write else StoreUnreachable
        try:
            yield
        except AssistantError:  # a sentence already
            raise
        except (httpx.TransportError, ConnectionError) as error:
            raise StoreUnreachable(
                f"The Chroma server {self.name} can't be reached: {type(error).__name__}."
            ) from error
        except ChromaError as error:
            raise kind(f"{self.name} refused: {_said(error)}.") from error
        except Exception as error:  # a proxy's page, another program: whatever its client makes of
            raise kind(
                f"{self.name} does not answer as a Chroma server: "
                f"{type(error).__name__}: {_said(error)}."
            ) from error


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


def _said(error: Exception) -> str:
    """What an error says, on one line: it may be a whole page."""
    return repr(" ".join(str(error).split())[:200])


def _activation(text: str) -> Activation:
    try:
        return load_activation(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreCorrupt(f"The {CATALOG} holds an entry that can't be read.") from error


def _manifest(id_: str, text: str) -> Record:
    try:
        manifest: Record = json.loads(text)
        _ = manifest["generation"], [entry["record"] for entry in manifest["articles"]]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreCorrupt(f"Generation {id_} has no readable manifest.") from error
    return manifest


def _article(key: str, text: str | None) -> Record:
    try:
        article: Record = dict(json.loads(text or ""))
    except (ValueError, TypeError) as error:
        raise StoreCorrupt(f"The record {key} in {ARTICLES} can't be read.") from error
    return article
