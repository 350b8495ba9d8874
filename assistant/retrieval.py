"""Dense and lexical candidates from the live generation, fused by reciprocal rank.

Where editors noted what a sentence answers, chunks with a question like the visitor's are a third
list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Protocol

import bm25s
import numpy as np

from assistant.models import default_likeness
from assistant.text import terms
from assistant.types import Article, Chunk, Embedder, Noted, Passage

# Reciprocal rank fusion, Cormack, Clarke and Buettcher (SIGIR 2009): k = 60.
RRF_K = 60
CANDIDATES = 40  # of each search, before fusion
ALIKE = 0.6  # cosine from which a question that an editor noted is like the visitor's
PER_ARTICLE = 8  # so that one article stuffed with common questions can't fill every list


class Searchable(Protocol):
    """What retrieval needs of a live generation."""

    @property
    def articles(self) -> dict[str, Article]: ...

    @property
    def chunks(self) -> dict[str, Chunk]: ...

    def search(
        self, vector: list[float], limit: int, article_ids: Collection[str] | None = None
    ) -> list[tuple[str, float]]: ...


class Retriever:
    """Searches one generation. Built once for it, then shared by all visitors."""

    def __init__(self, snapshot: Searchable, embedder: Embedder) -> None:
        self._snapshot = snapshot
        self._embedder = embedder
        self._lexical = LexicalIndex(snapshot.chunks.values(), snapshot.articles)
        self._noted = NotedIndex(snapshot.chunks.values(), snapshot.articles)

    def retrieve(self, question: str, *, today: date, limit: int = 16) -> list[Passage]:
        """At most `limit` passages, best first, of articles that are in date on `today`."""
        dense = self.dense(question, today=today)
        lexical = self.lexical(question, today=today)
        noted = self._noted.like(question, self._in_date(today))
        return self._capped(fuse(dense, lexical, self._snapshot.chunks, noted), limit)

    def dense(self, question: str, *, today: date) -> list[str]:
        """Chunk ids by cosine similarity, best first."""
        vector = self._embedder.embed_query(question)
        # Chroma filters slower than it searches; only ask for it when something has expired.
        valid = self._in_date(today)
        everything = len(valid) == len(self._snapshot.articles)
        hits = self._snapshot.search(vector, CANDIDATES, None if everything else valid)
        return [chunk_id for chunk_id, _ in hits]

    def lexical(self, question: str, *, today: date) -> list[str]:
        """Chunk ids by BM25, best first; those that share no term with the question left out."""
        valid = self._in_date(today)
        ranked = self._lexical.search(question)
        chunks = self._snapshot.chunks
        return [id_ for id_ in ranked if chunks[id_].article_id in valid][:CANDIDATES]

    def _in_date(self, today: date) -> set[str]:
        return {key for key, article in self._snapshot.articles.items() if article.in_date(today)}

    @staticmethod
    def _capped(passages: Iterable[Passage], limit: int) -> list[Passage]:
        kept: list[Passage] = []
        seen: Counter[str] = Counter()
        for passage in passages:
            seen[passage.chunk.article_id] += 1
            if seen[passage.chunk.article_id] <= PER_ARTICLE:
                kept.append(passage)
        return kept[:limit]


class LexicalIndex:
    """BM25 over the chunks' words and the titles and headings that they stand under."""

    def __init__(self, chunks: Iterable[Chunk], articles: dict[str, Article]) -> None:
        ordered = sorted(chunks, key=lambda chunk: chunk.id)
        self._ids = [chunk.id for chunk in ordered]
        documents = []
        for chunk in ordered:
            article = articles[chunk.article_id]
            text = "\n".join([article.title, *chunk.heading_path, chunk.text])
            documents.append(terms(text, article.language))
        self._vocabulary = {term for document in documents for term in document}
        self._index = bm25s.BM25() if self._vocabulary else None
        if self._index:
            self._index.index(documents, show_progress=False)

    def search(self, question: str) -> list[str]:
        """Ids of the chunks that share a term with the question, best first, ties by id."""
        known = [term for term in _all_terms(question) if term in self._vocabulary]
        if not known or self._index is None:
            return []
        scores = self._index.get_scores(known)
        order = np.lexsort((np.arange(len(scores)), -scores))
        return [self._ids[i] for i in order if scores[i] > 0]


def _all_terms(question: str) -> list[str]:
    """Stems under each language's rules: the question's language need not be the article's."""
    return list(dict.fromkeys([*terms(question, "en"), *terms(question, "es")]))


class NotedIndex:
    """The questions that editors noted, by how alike the visitor's they are.

    In the default embedder's measure, whatever is set for the search: what counts as alike
    (`ALIKE`) is another number for each embedder.
    """

    def __init__(self, chunks: Iterable[Chunk], articles: Mapping[str, Article]) -> None:
        self._noted = [
            (chunk, noted)
            for chunk in sorted(chunks, key=lambda chunk: chunk.id)
            for noted in articles[chunk.article_id].noted
            if chunk.start <= noted.start < chunk.end
        ]
        self._questions = [noted.question for _, noted in self._noted]

    def like(self, question: str, valid: Collection[str]) -> dict[str, list[Noted]]:
        """By chunk id, for each sentence of the chunk the likest question noted for it.

        Chunks, at most as many as another search gives, and questions come in the order of
        likeness; only articles in `valid` count.
        """
        found: dict[str, list[Noted]] = {}
        if not self._noted:
            return found
        likeness = default_likeness().to(question, self._questions)
        taken: set[tuple[str, int]] = set()
        for i in np.argsort(-likeness, kind="stable"):
            chunk, noted = self._noted[i]
            if likeness[i] < ALIKE or len(found) == CANDIDATES:
                break
            sentence = chunk.article_id, noted.start
            if chunk.article_id in valid and sentence not in taken:
                taken.add(sentence)
                found.setdefault(chunk.id, []).append(noted)
        return found


def fuse(
    dense: Iterable[str],
    lexical: Iterable[str],
    chunks: Mapping[str, Chunk],
    noted: Mapping[str, Sequence[Noted]] = MappingProxyType({}),
) -> list[Passage]:
    """Reciprocal rank fusion of rankings of chunk ids; ties by chunk id.

    `noted` are the questions like the visitor's that were noted for a chunk, the likest chunk
    first: an editor's word counts as much as both searches together.
    """
    dense_rank, lexical_rank, noted_rank = (
        {chunk_id: rank for rank, chunk_id in enumerate(ranked, start=1)}
        for ranked in (dense, lexical, noted)
    )
    passages = [
        Passage(
            chunk=chunks[chunk_id],
            dense_rank=dense_rank.get(chunk_id),
            lexical_rank=lexical_rank.get(chunk_id),
            noted=tuple(noted.get(chunk_id, ())),
            fused_score=sum(
                1 / (RRF_K + rank[chunk_id])
                for rank in (dense_rank, lexical_rank, noted_rank, noted_rank)
                if chunk_id in rank
            ),
        )
        for chunk_id in dense_rank.keys() | lexical_rank.keys() | noted_rank.keys()
    ]
    return sorted(passages, key=lambda passage: (-passage.fused_score, passage.chunk.id))
