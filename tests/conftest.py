"""A small corpus, a store, and an assistant over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from chromadb.api.shared_system_client import SharedSystemClient

from assistant.pipeline import Assistant
from assistant.publishing import Publication, publish
from assistant.settings import Settings
from assistant.store import open_store
from tests.fakes import WordEmbedder, WordReader
from tests.servers import chroma_server

TODAY = date(2026, 11, 24)

KETAMINE = """Ketamine is a medicine that can lift mood in some people with depression.

## How fast does ketamine work?

Ketamine can work fast and ease depression within hours (Zarate et al., 2006). These effects often
fade within two weeks.

## What are the risks of ketamine?

The risks of ketamine include a rise in blood pressure for a short time. It can also make people
feel unreal.

## References

Zarate, C. A. (2006). A randomized trial of an NMDA antagonist. doi:10.1001/archpsyc.63.8.856
"""

TMS = """TMS uses magnetic pulses to treat depression. A session of TMS lasts 20 to 40 minutes.

## Does TMS hurt?

TMS does not hurt most people, who feel a tapping on the scalp. Some people get a headache
after TMS, which usually fades within a few hours.
"""

CHANGED = "TMS has changed its text altogether, " + "word " * 30


def front_matter(**changes: object) -> str:
    """Front matter of an approved article; a value of None leaves the key out."""
    facts = {
        "title": "An article",
        "status": "approved",
        "approved_by": "A. Reviewer",
        "approved_on": "2026-01-01",
        "review_by": "2027-06-01",
    } | changes
    lines = [f"{key}: {value}" for key, value in facts.items() if value is not None]
    return "\n".join(["---", *lines, "---", "", ""])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes an article into the corpus of this test."""

    def write_article(name: str, body: str = TMS, **changes: object) -> Path:
        path = tmp_path / "corpus" / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(front_matter(**changes) + body, encoding="utf-8")
        return path

    return write_article


@pytest.fixture
def corpus(tmp_path: Path, write: Callable[..., Path]) -> Path:
    write("ketamine.md", KETAMINE, title="Ketamine for depression")
    write("tms.md", TMS, title="TMS")
    return tmp_path / "corpus"


@pytest.fixture(autouse=True)
def databases_closed(tmp_path: Path) -> Iterator[None]:
    """Hundreds of tests in one process, each with databases of its own, would end with thousands
    of open files. A process of the product opens a handful, and closes older ones itself."""
    yield
    opened = SharedSystemClient._identifier_to_system
    for path in [path for path in opened if path.startswith(str(tmp_path))]:
        opened.pop(path).stop()
        SharedSystemClient._identifier_to_refcount.pop(path, None)


@pytest.fixture
def settings(tmp_path: Path, corpus: Path) -> Settings:
    return Settings(corpus=corpus, store=str(tmp_path / "store"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Chroma server; started for the first test that asks."""
    with chroma_server(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
def publication(settings: Settings) -> Publication:
    return Publication(
        settings=settings,
        store=open_store(settings.store),
        embedder=WordEmbedder(),
        reader=WordReader(),
        today=TODAY,
    )


@pytest.fixture
def assistant(publication: Publication) -> Assistant:
    """An assistant over the published small corpus."""
    publish(publication)
    return assistant_for(publication)


def assistant_for(publication: Publication) -> Assistant:
    return Assistant(
        publication.settings,
        embedder=publication.embedder,
        reader=publication.reader,
        today=lambda: TODAY,
    )
