"""The write flow: from the corpus folder to a live generation, or to a clear report why not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime

from assistant.chunking import CHUNKER, chunk_article, embedding_text
from assistant.corpus import Corpus, at_metadata, load_corpus, refuse_strange_places
from assistant.corpus.files import ARTICLE_FORMATS
from assistant.corpus.lint import linted
from assistant.evaluation.golden import GoldenQuestion, load_golden, run_golden, without_questions
from assistant.models import load_reader
from assistant.pipeline import Assistant
from assistant.settings import Settings, load_practice
from assistant.store import Snapshot, Store
from assistant.store.generations import standing
from assistant.types import (
    Article,
    AssistantError,
    Chunk,
    CorpusError,
    Embedder,
    Finding,
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
    """Go live although golden questions fail, or are gone; which ones failed is recorded."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Generation):
    """An earlier generation that is brought back, and which articles that changes, by their ids."""

    back: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Live before and after, with another text or another approval."""
    leaving: tuple[str, ...] = ()
    unfit: Mapping[str, str] = field(default_factory=dict)
    """Which of those that come back or change the corpus does not let through today, and why."""

    @property
    def withdrawn(self) -> tuple[str, ...]:
        """Articles that would be live again although they have been taken off the site since."""
        return tuple(id_ for id_ in self.back if id_ in self.unfit)


def check(
    settings: Settings, store: Store, today: date, *, skip_golden: bool = False
) -> PublishReport:
    """What a publication would change and complain about. Writes nothing."""
    return examine(settings, store, today, skip_golden=skip_golden)[0]


def examine(
    settings: Settings, store: Store, today: date, *, skip_golden: bool = False
) -> tuple[PublishReport, tuple[Article, ...]]:
    """What `check` tells, and the articles that would be live. Writes nothing."""
    corpus = _load(settings, today)
    report = _compared(corpus, _live(store))
    return _with_golden(report, settings, store, skip=skip_golden), corpus.articles


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
        report = _with_golden(report, job.settings, job.store, skip=job.skip_golden)
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
    store: Store,
    generation_id: str = "",
    *,
    by: str = "",
    embedder: str = "",
    corpus: Corpus | None = None,
    trial: bool = False,
) -> Return:
    """Makes an earlier generation live: the one named, or the one on which the live one stands.

    `by` is who did it, for the store's history; `embedder` the fingerprint of the one that is set;
    `corpus` says which articles were withdrawn since. A trial writes nothing.

    Raises StoreMissing when there is no such generation, or nobody can tell which it is;
    StoreMismatch when it was built with another embedder: no question could be answered from it;
    CorpusError when withdrawn articles would be live again, and the generation was not named. Who
    goes back does so in a hurry: that words withdrawn by a clinician return must be meant.
    """
    with nullcontext() if trial else store.lock():
        earlier = _earlier(store, generation_id, embedder)
        found = _return(earlier, _live(store), corpus)
        if trial:
            return found
        if found.withdrawn and not generation_id:
            raise CorpusError(
                f"Going back to {found.id} would bring back what is withdrawn: "
                f"{', '.join(found.withdrawn)}. Nothing was changed.",
                hint="ingest.py --rollback --check tells why. If it must be, name the publication: "
                f"python ingest.py --rollback {found.id}",
            )
        store.activate(found.id, how="rolled back", by=by)
        return found


# --- going back ------------------------------------------------------------------------------


def _earlier(store: Store, generation_id: str, embedder: str) -> Snapshot:
    """The generation to go back to, if questions can be answered from it."""
    kept = [generation.id for generation in store.generations()]
    chosen = generation_id or _before(store, kept)
    if chosen not in kept:
        raise StoreMissing(
            f"There is no generation {chosen!r} to go back to.", hint="See ingest.py --history."
        )
    earlier = store.open(chosen)  # a damaged one is refused
    built_with = earlier.generation.embedder
    if embedder and built_with != embedder:
        raise StoreMismatch(
            f"Generation {chosen} was built with {built_with}, but {embedder} is set.",
            hint="Set ASSISTANT_EMBEDDING_MODEL to that one first, or publish anew.",
        )
    return earlier


def _before(store: Store, kept: Sequence[str]) -> str:
    """What the live generation stands on. Raises StoreMissing when nobody can tell: a guess could
    bring a bad publication back."""
    live, reason = "", "There is no earlier publication to go back to."
    try:
        live = store.live_id()
        for id_ in standing(store.history())[1:]:
            if id_ in kept:
                return id_
    except StoreCorrupt as error:
        reason = f"Nobody can tell which publication was live before: {error.args[0]}"
    others = ", ".join(id_ for id_ in kept if id_ != live)
    name_one = "Name one to bring back: python ingest.py --rollback ID. Newest first, there are"
    raise StoreMissing(reason, hint=f"{name_one} {others}." if others else " ")


def _return(earlier: Snapshot, before: Snapshot | None, corpus: Corpus | None) -> Return:
    old, live = earlier.articles, before.articles if before else {}
    back = tuple(sorted(old.keys() - live.keys()))
    both = sorted(old.keys() & live.keys())
    changed = tuple(key for key in both if old[key].content_hash != live[key].content_hash)
    reasons = {key: _unfit(old[key], corpus) for key in (*back, *changed)}
    generation = earlier.generation
    return Return(
        **{each.name: getattr(generation, each.name) for each in fields(generation)},
        back=back,
        changed=changed,
        leaving=tuple(sorted(live.keys() - old.keys())),
        unfit={key: reason for key, reason in reasons.items() if reason},
    )


def _unfit(article: Article, corpus: Corpus | None) -> str:
    """Why the corpus would not let this article through today; empty when it would."""
    if corpus is None:
        return "the corpus can't be read, so nobody can tell whether it was withdrawn"
    if any(article.id == each.id for each in corpus.articles):
        return ""
    said = (each.reason for each in corpus.rejections if each.path == article.path)
    return next(said, f"{article.path} is no longer in the corpus")


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
    findings = (*corpus.findings, *_edited_since_approval(corpus, live))
    return PublishReport(
        added=tuple(sorted(new.keys() - live.keys())),
        changed=tuple(sorted((new.keys() & live.keys()) - same)),
        removed=tuple(sorted(live.keys() - new.keys())),
        unchanged=tuple(sorted(same)),
        rejected=corpus.rejections,
        warnings=(*leaving, *(str(f) for f in findings if f.severity == "warning")),
        findings=findings,
        obstacle=_obstacle(corpus, before),
    )


def _edited_since_approval(corpus: Corpus, live: Mapping[str, Article]) -> Iterator[Finding]:
    """Nobody has approved these words: they were written after the day that the approval names."""
    for manuscript in corpus.manuscripts:
        new = manuscript.article
        old = live.get(new.id)
        if old is None or old.body == new.body:
            continue
        if (old.approved_by, old.approved_on) == (new.approved_by, new.approved_on):
            yield at_metadata(
                manuscript,
                "approved_on",
                rule="approval",
                message=f"its text has changed since it was approved on {new.approved_on}. Have it "
                "approved again and change `approved_on`",
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


def _with_golden(
    report: PublishReport, settings: Settings, store: Store, *, skip: bool
) -> PublishReport:
    """The report with a word on golden questions that are not there: they were perhaps lost."""
    none = without_questions(settings.corpus / "golden.toml")
    if not none:
        return report
    if not skip and (tried := _tried_before(store)):
        lost = (
            f"{tried}, and now {none}. Put the questions back, or publish without any: "
            "python ingest.py --skip-golden."
        )
        return replace(report, obstacle=report.obstacle or lost)
    return replace(report, warnings=(*report.warnings, f"No golden questions were tried: {none}"))


def _tried_before(store: Store) -> str:
    """That the last publication was tried on golden questions, or may have been; else empty."""
    try:
        last = store.last_published()
    except StoreCorrupt:
        return "Nobody can tell whether the last publication was tried on golden questions"
    if last is None or not last.golden:
        return ""
    plural = "s" if last.golden > 1 else ""
    return f"The last publication was tried on {last.golden} golden question{plural}"


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
