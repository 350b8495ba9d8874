"""What a publication works with, and what it starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from assistant.corpus import Corpus, load_corpus, refuse_strange_places
from assistant.corpus.lint import linted
from assistant.evaluation.golden import load_golden
from assistant.settings import Settings, load_practice
from assistant.store import Snapshot, Store
from assistant.triage.cards import unusable
from assistant.types import Embedder, Finding, Reader, StoreCorrupt, StoreMissing

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


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


def load(settings: Settings, today: date) -> Corpus:
    """The corpus as it is in its folder now, linted. Raises CorpusError, SettingsError."""
    refuse_strange_places(settings.corpus)
    practice = load_practice(settings.corpus)  # a mistake in it is met now, not by a visitor
    load_golden(settings.corpus / "golden.toml")
    corpus = linted(load_corpus(settings.corpus, today))
    amiss = (
        Finding(path="practice.toml", rule="cards", message=told)
        for told in unusable(practice.cards)
    )
    return replace(corpus, findings=(*corpus.findings, *amiss))


def live(store: Store) -> Snapshot | None:
    """The live generation; none when nothing was published, or when what is there is damaged."""
    try:
        return store.live()
    except (StoreMissing, StoreCorrupt):
        return None
