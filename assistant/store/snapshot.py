"""A generation opened for reading; many visitors share one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Collection as Ids
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
from chromadb.api.models.Collection import Collection
from chromadb.errors import NotFoundError

from assistant.store.records import dump_chunk, load_chunk
from assistant.types import (
    Article,
    Chunk,
    Generation,
    GenerationGone,
    StoreCorrupt,
    Vector,
)

SAMPLE = 5  # chunks that must find themselves when a generation is opened
SAME = 0.999  # cosine similarity of a vector to itself, rounding allowed for
PAGE = 500  # rows at a time: SQLite limits the variables of one statement


class Snapshot:
    """The articles, chunks and vectors of one generation. Safe to use from many threads."""

    def __init__(
        self,
        generation: Generation,
        articles: dict[str, Article],
        collection: Collection,
        asking: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.generation = generation
        self.articles = articles
        self.gone = False  # pruned on the server while it was open here
        self.dimension = 0
        self._collection = collection
        self._shelf_asking = asking
        with self._asking():
            self.chunks = dict(_chunks(collection, generation.id))
        _verify(generation, articles, self.chunks)
        self._find_own_chunks()

    def search(
        self, vector: Vector, limit: int, article_ids: Ids[str] | None = None
    ) -> list[tuple[str, float]]:
        """Chunk ids with their cosine similarity (-1..1), best first, ties by id.

        Only chunks of `article_ids`, where given. Raises GenerationGone when it was pruned.
        """
        if not self.chunks or (article_ids is not None and not article_ids):
            return []
        where = {"article_id": {"$in": sorted(article_ids)}} if article_ids is not None else None
        with self._asking():
            found = self._collection.query(
                query_embeddings=np.asarray([vector], dtype=np.float32),
                n_results=min(limit, len(self.chunks)),
                where=where,  # type: ignore[arg-type]
                include=["distances"],
            )
        distances = (found["distances"] or [[]])[0]
        hits = [(id_, 1.0 - far) for id_, far in zip(found["ids"][0], distances, strict=True)]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))

    def vectors(self, content_hashes: Ids[str]) -> dict[str, list[float]]:
        """The stored vectors of chunks with these content hashes."""
        wanted = {
            c.id: c.content_hash for c in self.chunks.values() if c.content_hash in content_hashes
        }
        found: dict[str, list[float]] = {}
        for ids in pages(sorted(wanted)):
            with self._asking():
                rows = self._collection.get(ids=ids, include=["embeddings"])
            vectors = rows["embeddings"] if rows["embeddings"] is not None else []
            for id_, vector in zip(rows["ids"], vectors, strict=True):
                found[wanted[id_]] = [float(value) for value in vector]
        return found

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self._shelf_asking():
            try:
                yield
            except NotFoundError as error:
                self.gone = True
                raise GenerationGone(f"Generation {self.generation.id} was pruned.") from error

    def _find_own_chunks(self) -> None:
        """A sample of the chunks is found by its own vectors. Raises StoreCorrupt when not."""
        ids = sorted(self.chunks)[:: max(1, len(self.chunks) // SAMPLE)]
        stored = self.vectors({self.chunks[id_].content_hash for id_ in ids})
        for id_ in ids:
            vector = stored.get(self.chunks[id_].content_hash)
            self.dimension = len(vector or ())
            hits = self.search(vector, 1) if vector else []
            if not hits or hits[0][1] < SAME:
                raise StoreCorrupt(
                    f"The index of generation {self.generation.id} does not find chunk {id_}."
                )


def add_chunks(collection: Collection, chunks: Sequence[Chunk], vectors: Sequence[Vector]) -> None:
    """Writes chunks with their vectors, page by page."""
    for rows in pages(list(zip(chunks, vectors, strict=True))):
        collection.add(
            ids=[chunk.id for chunk, _ in rows],
            documents=[chunk.text for chunk, _ in rows],
            metadatas=[dump_chunk(chunk) for chunk, _ in rows],
            embeddings=np.asarray([vector for _, vector in rows], dtype=np.float32),
        )


def pages(rows: Sequence[Any]) -> Iterator[Any]:
    for start in range(0, len(rows), PAGE):
        yield rows[start : start + PAGE]


def _chunks(collection: Collection, generation_id: str) -> Iterator[tuple[str, Chunk]]:
    offset = 0
    while True:
        rows = collection.get(limit=PAGE, offset=offset, include=["documents", "metadatas"])
        documents, metadatas = rows["documents"] or [], rows["metadatas"] or []
        for id_, text, record in zip(rows["ids"], documents, metadatas, strict=True):
            try:
                yield id_, load_chunk(id_, text, dict(record))
            except (ValueError, KeyError, TypeError) as error:
                raise StoreCorrupt(
                    f"Chunk {id_} of generation {generation_id} can't be read."
                ) from error
        if len(rows["ids"]) < PAGE:
            return
        offset += PAGE


def _verify(generation: Generation, articles: dict[str, Article], chunks: dict[str, Chunk]) -> None:
    """A generation that isn't what its manifest says serves nobody. Raises StoreCorrupt."""
    if len(chunks) != generation.chunk_count:
        raise StoreCorrupt(
            f"Generation {generation.id} should have {generation.chunk_count} chunks; "
            f"{len(chunks)} are there."
        )
    hashes = {article.id: article.content_hash for article in articles.values()}
    if hashes != dict(generation.article_hashes):
        raise StoreCorrupt(f"The articles of generation {generation.id} are not those it lists.")
    for chunk in chunks.values():
        article = articles.get(chunk.article_id)
        if article is None or article.body[chunk.start : chunk.end] != chunk.text:
            raise StoreCorrupt(
                f"Chunk {chunk.id} of generation {generation.id} is not in its article."
            )
