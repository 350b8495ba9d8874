"""From the corpus folder to a live generation, or to a clear report why not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

from assistant.chunking import CHUNKER, chunk_article, embedding_text
from assistant.corpus import Corpus, refuse_strange_places
from assistant.models import load_reader
from assistant.publishing.changes import compared
from assistant.publishing.golden_gate import tried_on_golden, with_golden
from assistant.publishing.job import Publication, live, load
from assistant.settings import Settings
from assistant.store import Snapshot, Store
from assistant.types import (
    Article,
    AssistantError,
    Chunk,
    CorpusError,
    Embedder,
    Generation,
    PublishReport,
    StoreCorrupt,
    Vector,
)

_TOLD = 3  # mistakes in articles, where none may go live
BATCH = 32  # chunks embedded between two reports of progress


def check(
    settings: Settings, store: Store, today: date, *, skip_golden: bool = False
) -> PublishReport:
    """What a publication would change and complain about. Writes nothing."""
    return examine(settings, store, today, skip_golden=skip_golden)[0]


def examine(
    settings: Settings, store: Store, today: date, *, skip_golden: bool = False
) -> tuple[PublishReport, tuple[Article, ...]]:
    """What `check` tells, and the articles that would be live. Writes nothing."""
    corpus = load(settings, today)
    report = compared(corpus, live(store))
    return with_golden(report, settings, store, skip=skip_golden), corpus.articles


def publish(job: Publication) -> PublishReport:
    """Publishes the corpus; the generation live before serves until the last step.

    Returns a report whose `activated` says whether the new generation is live; it is not when
    nothing changed, when golden questions failed, in a trial, or when strict and the linter
    complains. Raises AssistantError on anything else, with the old generation still live.
    """
    refuse_strange_places(job.settings.corpus)  # a wrong folder leaves no new store behind
    with job.store.lock():  # a corpus read before could be older than what a colleague published
        corpus = load(job.settings, job.day)
        before = live(job.store)
        report = compared(corpus, before)
        report = with_golden(report, job.settings, job.store, skip=job.skip_golden)
        if report.obstacle:
            raise CorpusError(report.obstacle, hint=_what_to_mend(report))
        if job.strict and report.complaints:
            return report
        if before and _is_current(before, corpus, job.embedder):
            return replace(report, generation=before.generation)
        chunks = [chunk for article in corpus.articles for chunk in chunk_article(article)]
        vectors, embedded = _vectors(job, corpus, chunks, before)
        generation = _generation(corpus, chunks, job.embedder)
        job.progress("writing", 0, 1)
        job.store.write(generation, corpus.articles, chunks, vectors, notes=_notes(job))
        report = replace(report, generation=generation, embedded=embedded)
        report = replace(report, copied=len(chunks) - embedded)
        try:
            candidate = job.store.open(generation.id)
            _self_check(candidate, chunks)
            report = replace(report, golden=tried_on_golden(job, candidate, before, report))
            if job.trial or (report.failed and not job.skip_golden):
                job.store.remove(generation.id)
                return report
            job.store.activate(
                generation.id, by=job.by, golden=len(report.golden), overridden=report.failed
            )
        except BaseException:
            job.store.remove(generation.id)
            raise
        with suppress(AssistantError):  # it is live; the next publication prunes again
            job.store.prune(job.settings.keep_generations)
        return replace(report, activated=True)


def _what_to_mend(report: PublishReport) -> str:
    """The first things to put right where nothing may go live; empty when there are none."""
    wrong = [str(rejection) for rejection in report.rejected if not rejection.chosen]
    told = wrong[:_TOLD]
    if len(wrong) > _TOLD:
        told.append(f"{len(wrong) - _TOLD} more: python ingest.py --check")
    return "".join(f"\n{line}" for line in told)


def _is_current(live: Snapshot, corpus: Corpus, embedder: Embedder) -> bool:
    generation = live.generation
    return (
        generation.embedder == embedder.fingerprint
        and generation.chunker == CHUNKER
        and dict(generation.article_hashes) == {a.id: a.content_hash for a in corpus.articles}
    )


def _vectors(
    job: Publication, corpus: Corpus, chunks: Sequence[Chunk], before: Snapshot | None
) -> tuple[list[Vector], int]:
    """A vector for each chunk, and how many had to be embedded: only what is new."""
    known: dict[str, list[float]] = {}
    if before and before.generation.embedder == job.embedder.fingerprint:
        known = before.vectors({chunk.content_hash for chunk in chunks})
    articles = {article.id: article for article in corpus.articles}
    new = {c.content_hash: c for c in chunks if c.content_hash not in known}
    texts = [embedding_text(articles[chunk.article_id], chunk) for chunk in new.values()]
    fresh: list[list[float]] = []
    for start in range(0, len(texts), BATCH):
        job.progress("embedding", start, len(texts))
        fresh += job.embedder.embed_documents(texts[start : start + BATCH])
    job.progress("embedding", len(texts), len(texts))
    known |= dict(zip(new, fresh, strict=True))
    return [known[chunk.content_hash] for chunk in chunks], len(new)


def _generation(corpus: Corpus, chunks: Sequence[Chunk], embedder: Embedder) -> Generation:
    now = datetime.now(UTC)
    hashes = {article.id: article.content_hash for article in corpus.articles}
    digest = hashlib.sha256(repr((sorted(hashes.items()), embedder.fingerprint)).encode())
    return Generation(
        id=f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03d}-{digest.hexdigest()[:6]}",
        created_at=now,
        embedder=embedder.fingerprint,
        chunker=CHUNKER,
        article_hashes=hashes,
        chunk_count=len(chunks),
    )


def _notes(job: Publication) -> dict[str, str]:
    """What else decides what the site says, for the manifest."""
    reader = job.reader or load_reader(job.settings)
    return {
        "reader": f"{reader.fingerprint} from {reader.threshold}",
        "answerer": " ".join(filter(None, [job.settings.answerer, job.settings.chat_model])),
        "golden": "skipped" if job.skip_golden else "required",
    }


def _self_check(candidate: Snapshot, chunks: Sequence[Chunk]) -> None:
    """The written generation, read back, holds these very chunks. Raises StoreCorrupt.

    Opening it has already compared it with its manifest and tried its index.
    """
    if candidate.chunks != {chunk.id: chunk for chunk in chunks}:
        raise StoreCorrupt("The written generation does not hold the chunks that it was given.")
