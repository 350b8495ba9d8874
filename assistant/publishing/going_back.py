"""An earlier generation becomes live again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path

from assistant.corpus import Corpus, load_corpus
from assistant.corpus.lint import linted
from assistant.publishing.job import live
from assistant.store import Snapshot, Store
from assistant.store.generations import standing
from assistant.types import (
    Activation,
    Article,
    AssistantError,
    CorpusError,
    Generation,
    StoreCorrupt,
    StoreMismatch,
    StoreMissing,
)


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


def corpus_today(
    folder: Path, today: date, *, told: Callable[[str], object] = lambda _: None
) -> Corpus | None:
    """What may go live today, by which articles withdrawn since are known.

    None where it can't be read, and why is `told`: a broken corpus is a reason to go back, and must
    not stand in the way of it.
    """
    try:
        return linted(load_corpus(folder, today))
    except (AssistantError, OSError) as error:
        told(str(error))
        return None


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
        found = _return(earlier, live(store), corpus)
        if trial:
            return found
        if found.withdrawn and not generation_id:
            raise CorpusError(
                f"Going back to {found.id} would bring back what is withdrawn: "
                f"{', '.join(found.withdrawn)}. Nothing was changed.",
                hint="ingest.py --rollback --check tells why. If it must be, name the publication: "
                f"python ingest.py --rollback {found.id}",
            )
        tried = _published(store, found.id)
        store.activate(
            found.id,
            how="rolled back",
            by=by,
            golden=tried.golden if tried else 0,
            overridden=tried.overridden if tried else (),
        )
        return found


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


def _published(store: Store, id_: str) -> Activation | None:
    """When it was published, on which golden questions; none where nobody can tell any more."""
    with suppress(StoreCorrupt):
        for entry in store.history():
            if entry.generation_id == id_ and entry.how == "published":
                return entry
    return None


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
