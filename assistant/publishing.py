"""The write flow: from the corpus folder to a live generation, or to a clear report why not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from assistant.chunking import CHUNKER, chunk_article, embedding_text
from assistant.corpus import Corpus, load_corpus, refuse_strange_places
from assistant.corpus.files import ARTICLE_FORMATS
from assistant.corpus.lint import linted
from assistant.evaluation.golden import GoldenQuestion, load_golden, run_golden
from assistant.models import load_reader
from assistant.pipeline import Assistant
from assistant.settings import Settings, load_practice
from assistant.store import Snapshot, Store
from assistant.types import (
    AssistantError,
    Chunk,
    CorpusError,
    Embedder,
    Generation,
    GoldenResult,
    PublishReport,
    Reader,
    StoreCorrupt,
    StoreMismatch,
    StoreMissing,
    Vector,
)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

BATCH = 32  # chunks embedded between two reports of progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a publication works with."""

    settings: Settings
    store: Store
    embedder: Embedder
    reader: Reader | None = None
    progress: Progress = lambda _what, _done, _all: None
    skip_golden: bool = False
    """Go live although golden questions fail; which ones is recorded."""
    strict: bool = False
    """Publish nothing while the linter complains."""
    trial: bool = False
    """Try it all, golden questions too, and leave everything as it is."""
    by: str = ""
    """Who publishes, for the store's history."""
    today: date | None = None

    @property
    def day(self) -> date:
        return self.today or datetime.now().astimezone().date()


def check(settings: Settings, store: Store, today: date) -> PublishReport:
    """What a publication would change and complain about. Writes nothing."""
    return _compared(_load(settings, today), _live(store))


def publish(job: Publication) -> PublishReport:
    """Publishes the corpus; the generation live before serves until the last step.

    Returns a report whose `activated` says whether the new generation is live; it is not when
    nothing changed, when golden questions failed, in a trial, or when strict and the linter
    complains. Raises AssistantError on anything else, with the old generation still live.
    """
    refuse_strange_places(job.settings.corpus)  # a wrong folder leaves no new store behind
    with job.store.lock():  # a corpus read before could be older than what a colleague published
        corpus = _load(job.settings, job.day)
        before = _live(job.store)
        report = _compared(corpus, before)
        if report.obstacle:
            raise CorpusError(report.obstacle)
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
            report = replace(report, golden=_golden(job, candidate, before))
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


def rollback(
    store: Store, generation_id: str = "", *, by: str = "", embedder: str = ""
) -> Generation:
    """Makes an earlier generation live: the one named, or the one before the live one.

    `by` is who did it, for the store's history; `embedder` the fingerprint of the one that is set.
    Raises StoreMissing when there is no such generation, StoreMismatch when it was built with
    another embedder: no question could be answered from it.
    """
    with store.lock():
        live = store.live_id()
        ids = [generation.id for generation in store.generations()]
        if not generation_id:
            older = ids[ids.index(live) + 1 :] if live in ids else ids
            if not older:
                raise StoreMissing("There is no earlier publication to go back to.", hint=" ")
            generation_id = older[0]
        if generation_id not in ids:
            raise StoreMissing(
                f"There is no generation {generation_id!r} to go back to.",
                hint="See ingest.py --history.",
            )
        built_with = store.open(generation_id).generation.embedder  # a damaged one is refused
        if embedder and built_with != embedder:
            raise StoreMismatch(
                f"Generation {generation_id} was built with {built_with}, but {embedder} is set.",
                hint="Set ASSISTANT_EMBEDDING_MODEL to that one first, or publish anew.",
            )
        store.activate(generation_id, how="rolled back", by=by)
        return store.open(generation_id).generation


# --- steps -----------------------------------------------------------------------------------


def _load(settings: Settings, today: date) -> Corpus:
    refuse_strange_places(settings.corpus)
    load_practice(settings.corpus)  # a mistake in it is met now, not by a visitor
    load_golden(settings.corpus / "golden.toml")
    return linted(load_corpus(settings.corpus, today))


def _live(store: Store) -> Snapshot | None:
    """The live generation; none when nothing was published, or when what is there is damaged."""
    try:
        return store.live()
    except (StoreMissing, StoreCorrupt):
        return None


def _compared(corpus: Corpus, before: Snapshot | None) -> PublishReport:
    live = before.articles if before else {}
    new = {article.id: article for article in corpus.articles}
    rejected_paths = {rejection.path for rejection in corpus.rejections}
    leaving = [
        f"{article.path} is live now and leaves the site with this publication."
        for article in live.values()
        if article.id not in new and article.path in rejected_paths
    ]
    same = {
        key for key in new.keys() & live.keys() if new[key].content_hash == live[key].content_hash
    }
    return PublishReport(
        added=tuple(sorted(new.keys() - live.keys())),
        changed=tuple(sorted((new.keys() & live.keys()) - same)),
        removed=tuple(sorted(live.keys() - new.keys())),
        unchanged=tuple(sorted(same)),
        rejected=corpus.rejections,
        warnings=(*leaving, *(str(f) for f in corpus.findings if f.severity == "warning")),
        findings=corpus.findings,
        obstacle=_obstacle(corpus, before),
    )


def _obstacle(corpus: Corpus, before: Snapshot | None) -> str:
    """Why there is nothing to publish; empty when there is, or when all that is live is retired.

    A folder without articles is more often a mistake than a wish to show none.
    """
    retired = {rejection.path for rejection in corpus.rejections if rejection.chosen == "retired"}
    live = [article.path for article in before.articles.values()] if before else []
    staying = [path for path in live if path not in retired]
    if corpus.articles or (before and not staying):
        return ""
    reason = (
        f"None of the {len(corpus.rejections)} files may go live"
        if corpus.rejections
        else f"The corpus holds no articles ({', '.join(ARTICLE_FORMATS)} files)"
    )
    if not staying:
        return f"{reason}, so there is nothing to publish."
    return (
        f"{reason}, so there is nothing to publish. Still live: {', '.join(staying)}. To take the "
        "last articles off the site, keep their files and write `status: retired` into them."
    )


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


# --- golden questions ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A source that always hands out the same generation."""

    snapshot: Snapshot

    def live(self) -> Snapshot:
        return self.snapshot


def _golden(
    job: Publication, candidate: Snapshot, before: Snapshot | None
) -> tuple[GoldenResult, ...]:
    """The golden questions against the candidate, with what the live generation says to them."""
    questions = load_golden(job.settings.corpus / "golden.toml")
    if not questions:
        return ()
    job.progress("golden questions", 0, len(questions))
    results = run_golden(_assistant(job, candidate), questions)
    earlier = _answers_before(job, before, questions)
    job.progress("golden questions", len(questions), len(questions))
    return tuple(
        replace(result, before=said) for result, said in zip(results, earlier, strict=True)
    )


def _answers_before(
    job: Publication, before: Snapshot | None, questions: Sequence[GoldenQuestion]
) -> list[str]:
    if before is None or before.generation.embedder != job.embedder.fingerprint:
        return [""] * len(questions)
    try:
        return [result.after for result in run_golden(_assistant(job, before), questions)]
    except AssistantError:
        return [""] * len(questions)


def _assistant(job: Publication, snapshot: Snapshot) -> Assistant:
    return Assistant(
        job.settings,
        source=_Fixed(snapshot),
        embedder=job.embedder,
        reader=job.reader,
        today=lambda: job.day,
    )
