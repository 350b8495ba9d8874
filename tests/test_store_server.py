"""The store on a Chroma server: what only a server can do wrong."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

import pytest

from assistant.publishing import publish
from assistant.settings import Settings
from assistant.store import open_store
from assistant.store.folder import Folder
from assistant.store.lease import EXPIRES
from assistant.types import (
    PublicationRunning,
    SettingsError,
    StoreCorrupt,
    StoreUnreachable,
    StoreUnwritable,
)
from tests.conftest import CHANGED, assistant_for
from tests.servers import client, emptied, silent_server, strange_server


@pytest.fixture
def settings(settings: Settings, server: str) -> Settings:
    return settings.model_copy(update={"store": emptied(server)})


@pytest.fixture
def chroma(settings):
    """A client of one's own, to look behind the store's back."""
    return client(settings.store)


def names(chroma) -> set[str]:
    return {collection.name for collection in chroma.list_collections()}


def holds(chroma, **changes) -> None:
    """Somebody else's lease lies on the server."""
    now = datetime.now(UTC)
    facts = {
        "pid": os.getpid(),
        "host": "elsewhere",
        "since": now.isoformat(),
        "renewed": now.isoformat(),
    }
    chroma.create_collection("publishing", metadata=facts | changes, embedding_function=None)


def gone_pid() -> int:
    """The number of a process that has ended."""
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], os.environ)
    os.waitpid(pid, 0)
    return pid


def test_a_generation_is_a_collection_and_the_rest_is_small(publication, chroma):
    live = publish(publication).generation
    assert names(chroma) == {"catalog", "articles", f"generation-{live.id}"}
    assert chroma.get_collection(f"generation-{live.id}").count() == live.chunk_count


def test_other_collections_on_the_server_are_left_alone(publication, chroma):
    chroma.create_collection("somebody-elses", embedding_function=None)
    publish(publication)
    assert "somebody-elses" in names(chroma)
    assert publication.store.audit() == []


def test_a_living_holder_elsewhere_is_named_and_left_in_peace(publication, chroma):
    holds(chroma)
    with pytest.raises(PublicationRunning, match=f"process {os.getpid()} on elsewhere"):
        publish(publication)
    assert "publishing" in names(chroma)


def test_a_holder_that_is_not_heard_of_any_more_is_taken_over(publication, chroma):
    holds(chroma, renewed=(datetime.now(UTC) - EXPIRES * 2).isoformat())
    assert publish(publication).activated
    assert "publishing" not in names(chroma)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere only the lease tells")
def test_a_holder_killed_on_this_machine_is_taken_over_at_once(publication, chroma):
    holds(chroma, host=platform.node(), pid=gone_pid())
    assert publish(publication).activated


def test_a_lock_that_is_not_ours_to_read_is_taken_over(publication, chroma):
    chroma.create_collection("publishing", embedding_function=None)
    assert publish(publication).activated


def test_whoever_lost_the_lock_does_not_go_live(publication, chroma, write):
    """A machine that slept through its lease must not switch the pointer when it wakes up."""
    before = publish(publication).generation.id
    write("tms.md", CHANGED, title="TMS")

    def sleeps(what: str, _done: int, _total: int) -> None:
        if what == "writing":
            chroma.delete_collection("publishing")
            holds(chroma)

    with pytest.raises(PublicationRunning, match="took over"):
        publish(replace(publication, progress=sleeps))
    assert publication.store.live_id() == before
    assert "publishing" in names(chroma), "the other one's lock is not ours to release"


def test_half_a_generation_is_in_the_audit_and_cleared_by_the_next(publication, chroma, write):
    publish(publication)
    chroma.create_collection("generation-20260101-000000-000-abcdef", embedding_function=None)
    [problem] = publication.store.audit()
    assert "generation-20260101-000000-000-abcdef" in problem
    write("tms.md", CHANGED, title="TMS")
    publish(publication)
    assert publication.store.audit() == []
    assert "generation-20260101-000000-000-abcdef" not in names(chroma)


def test_articles_that_no_manifest_lists_are_cleared_by_the_next(publication, chroma):
    publish(publication)
    articles = chroma.get_collection("articles", embedding_function=None)
    before = articles.count()
    articles.add(ids=["unlisted"], documents=["{}"], embeddings=[[1.0]])
    publish(publication)
    assert articles.count() == before


def test_t64_a_lost_collection_is_noticed(publication, chroma):
    live = publish(publication).generation.id
    chroma.delete_collection(f"generation-{live}")
    fresh = open_store(publication.settings.store)
    with pytest.raises(StoreCorrupt, match="lost its collection"):
        fresh.live()
    assert "lost its collection" in fresh.audit()[0]
    assert assistant_for(publication).health().reason == "corrupt"


def test_t64_a_lost_collection_is_noticed_by_a_reader_that_had_it_open(publication, chroma):
    live = publish(publication).generation.id
    reader = assistant_for(publication)
    assert reader.ask("Does TMS hurt most people?").kind == "answer"
    chroma.delete_collection(f"generation-{live}")
    assert reader.ask("Does TMS hurt most people?").kind == "unavailable"
    assert reader.health().reason == "corrupt"


def test_t64_a_changed_article_is_noticed(publication, chroma):
    publish(publication)
    articles = chroma.get_collection("articles", embedding_function=None)
    rows = articles.get()
    at = next(i for i, text in enumerate(rows["documents"]) if "does not hurt" in text)
    text = rows["documents"][at].replace("does not hurt", "never ever hurts")
    articles.update(ids=[rows["ids"][at]], documents=[text], embeddings=[[1.0]])
    with pytest.raises(StoreCorrupt, match="is not the one that was published"):
        open_store(publication.settings.store).live()


def test_missing_chunks_are_noticed(publication, chroma):
    live = publish(publication).generation.id
    collection = chroma.get_collection(f"generation-{live}")
    collection.delete(ids=collection.get(limit=1)["ids"])
    with pytest.raises(StoreCorrupt, match="chunks"):
        open_store(publication.settings.store).live()


def test_a_server_that_is_away_is_said_to_be(settings):
    """And visitors get a sentence; crisis cards need no store."""
    away = settings.model_copy(update={"store": "http://127.0.0.1:1"})
    with pytest.raises(StoreUnreachable, match=r"http://127\.0\.0\.1:1"):
        open_store(away.store).live()
    from assistant.pipeline import Assistant

    reader = Assistant(away)
    assert reader.health().reason == "unreachable"
    assert reader.ask("What is TMS?").kind == "unavailable"
    assert reader.ask("I want to kill myself").kind == "safety"


def test_a_server_that_never_answers_is_said_to_be_away(monkeypatch):
    monkeypatch.setattr("assistant.store.server.TIMEOUT", 0.05)
    with silent_server() as url, pytest.raises(StoreUnreachable, match=url):
        open_store(url).live()


def test_a_server_whose_heart_beats_while_its_database_hangs_is_said_to_be_away(monkeypatch):
    monkeypatch.setattr("assistant.store.server.TIMEOUT", 0.05)
    over = Event()

    def beats(path: str) -> tuple[int, str]:
        if not path.endswith("/heartbeat"):
            over.wait(30)
        return 200, '{"nanosecond heartbeat": 1}'

    with strange_server(beats) as url:
        with pytest.raises(StoreUnreachable, match=url):
            open_store(url).live()
        over.set()


PAGES = [
    (502, "<html>Bad Gateway</html>"),
    (200, "<html>It works!</html>"),
    (200, "{}"),
    (200, "[]"),
    (404, '{"detail": "Not Found"}'),
]


@pytest.mark.parametrize("page", PAGES)
def test_what_is_no_chroma_server_is_said_to_be_none(page):
    with strange_server(lambda _path: page) as url:
        store = open_store(url)
        with pytest.raises(StoreUnreachable, match=f"{url} does not answer as a Chroma server"):
            store.live()
        with pytest.raises(StoreUnreachable, match=url), store.lock():
            pass
        assert url in store.audit()[0]


@pytest.mark.parametrize("page", PAGES)
def test_a_proxys_page_amid_the_work_is_no_damage(publication, page):
    """Whoever reads or writes gets a sentence, and nobody is told to move the store aside."""
    publish(publication)
    snapshot, store = publication.store.live(), open_store(publication.settings.store)
    id_ = store.live_id()
    [activation] = store.history()
    with strange_server(lambda _path: page) as url:
        for opened in (publication.store, store):
            opened._shelf._client._server._api_url = url
        with pytest.raises(StoreUnreachable, match="does not answer as a Chroma server"):
            snapshot.search([1.0] * publication.embedder.dimension, 1)
        with pytest.raises(StoreUnreachable, match="does not answer as a Chroma server"):
            store.open(id_)
        with pytest.raises(StoreUnwritable, match="does not answer as a Chroma server"):
            store._shelf.point(activation)


def test_a_damaged_article_is_said_to_be_damaged(publication, chroma):
    publish(publication)
    articles = chroma.get_collection("articles", embedding_function=None)
    [first, *_] = articles.get()["ids"]
    articles.update(ids=[first], documents=["{cut off"], embeddings=[[1.0]])
    fresh = open_store(publication.settings.store)
    with pytest.raises(StoreCorrupt, match=first):
        fresh.live()
    assert first in fresh.audit()[0]
    assert assistant_for(publication).health().reason == "corrupt"


@pytest.mark.parametrize(
    "text", ["{cut off", "null", "[]", '{"generation": {}}', '{"generation": {}, "articles": [1]}']
)
def test_a_damaged_manifest_is_said_to_be_damaged(publication, chroma, text):
    live = publish(publication).generation.id
    catalog = chroma.get_collection("catalog", embedding_function=None)
    catalog.update(ids=[f"manifest {live}"], documents=[text], embeddings=[[1.0]])
    fresh = open_store(publication.settings.store)
    with pytest.raises(StoreCorrupt, match="no readable manifest"):
        fresh.live()
    assert "no readable manifest" in fresh.audit()[0]


def test_a_damaged_chunk_is_said_to_be_damaged(publication, chroma):
    """And not that the server is away, though it is met while that one is being asked."""
    live = publish(publication).generation.id
    collection = chroma.get_collection(f"generation-{live}", embedding_function=None)
    [first] = collection.get(limit=1)["ids"]
    collection.update(ids=[first], metadatas=[{"heading_path": "{cut off"}])
    with pytest.raises(StoreCorrupt, match=f"{first} of generation {live} can't be read"):
        open_store(publication.settings.store).live()


def test_whatever_goes_wrong_on_taking_a_generation_is_told(publication, monkeypatch):
    live = publish(publication).generation.id
    fresh = open_store(publication.settings.store)

    def fail(_id: str) -> None:
        raise RuntimeError("of some layer below")

    monkeypatch.setattr(fresh._shelf, "take", fail)
    with pytest.raises(StoreCorrupt, match=f"Generation {live} can't be read: RuntimeError"):
        fresh.live()
    assert "RuntimeError" in fresh.audit()[0]


@pytest.mark.parametrize(
    "address", ["http://", "http://host:port", "http://host:8000/path", "https://me:secret@host"]
)
def test_an_address_that_is_none_is_named(address):
    with pytest.raises(SettingsError, match=r"http://localhost:8000"):
        open_store(address)


@pytest.mark.parametrize(
    "address",
    ["chroma:8000", "chroma:8000/", "[::1]:8000", "http:chroma", "tcp://chroma:8000", " http://a"],
)
def test_what_is_almost_an_address_does_not_become_a_folder(address, tmp_path, monkeypatch):
    """Published into such a folder, nothing would reach the website."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="neither a server's address nor a folder"):
        open_store(address)


def test_an_address_may_be_written_in_capitals(publication):
    publish(publication)
    shouted = publication.settings.store.replace("http", "HTTP")
    assert open_store(shouted).live_id() == publication.store.live_id()


def test_folders_stay_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept:2026").mkdir()
    for name in ("kept:2026", "./chroma:8000", "C:\\store", "D:/store", "chroma", ".store"):
        assert isinstance(open_store(name)._shelf, Folder)
