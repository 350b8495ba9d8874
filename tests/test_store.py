"""The store, as a folder and on a real Chroma server: one suite, run against both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from assistant.corpus import load_corpus
from assistant.publishing import publish, rollback
from assistant.settings import Settings
from assistant.store import open_store
from assistant.store.generations import standing
from assistant.types import (
    Activation,
    CorpusError,
    PublicationRunning,
    StoreMismatch,
    StoreMissing,
)
from tests.conftest import CHANGED, TMS, TODAY, assistant_for
from tests.fakes import WordEmbedder
from tests.servers import client, emptied


@pytest.fixture(params=["folder", "server"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The settings of all tests, once with a folder and once with a server."""
    if request.param == "folder":
        return settings
    url = emptied(request.getfixturevalue("server"))
    return settings.model_copy(update={"store": url})


@pytest.fixture
def published(publication, write):
    """Publishes a text on TMS that differs each time, and says which generation it became."""
    publish(publication)

    def again(text: str = CHANGED, **changes):
        write("tms.md", text, title="TMS")
        return publish(replace(publication, **changes)).generation

    return again


# --- reading and writing -----------------------------------------------------------------------


def test_an_empty_store_says_what_to_do(settings):
    with pytest.raises(StoreMissing, match="python ingest.py"):
        open_store(settings.store).live()


def test_what_was_published_is_read_back(publication):
    report = publish(publication)
    live = open_store(publication.settings.store).live()
    assert live.generation == report.generation
    assert live.articles == publication.store.live().articles
    assert {article.id for article in live.articles.values()} == {"ketamine", "tms"}
    assert len(live.chunks) == report.generation.chunk_count


def test_vectors_of_unchanged_chunks_are_copied(publication, write):
    publish(publication)
    write("tms.md", CHANGED, title="TMS")
    embedder = WordEmbedder()
    report = publish(replace(publication, embedder=embedder))
    assert report.copied == report.generation.chunk_count - len(embedder.embedded) > 0


def test_a_reader_moves_to_the_new_generation_by_itself(publication, published):
    reader = open_store(publication.settings.store)
    first = reader.live().generation.id
    second = published().id
    assert reader.live().generation.id == second != first


def test_a_reader_keeps_an_old_generation_while_it_uses_it(publication, published):
    held = open_store(publication.settings.store).live()
    published()
    vector = publication.embedder.embed_query("magnetic pulses")
    hits = held.search(vector, 3)
    assert hits and all(id_ in held.chunks for id_, _ in hits)


def test_a_generation_pruned_while_it_is_read_is_asked_again(publication, published):
    """With only one generation kept, whoever holds the old one is led to the new one."""
    only_one = publication.settings.model_copy(update={"keep_generations": 1})
    assistant = assistant_for(publication)
    library = assistant.library()
    retrieve = library.retriever.retrieve

    def published_meanwhile(*args, **kwargs):
        published(settings=only_one)
        return retrieve(*args, **kwargs)

    library.retriever.retrieve = published_meanwhile
    answer = assistant.ask("Does TMS hurt most people on the scalp?")
    assert answer.kind in ("answer", "no_answer")
    assert answer.generation_id in [
        library.snapshot.generation.id,
        open_store(publication.settings.store).live_id(),
    ]


def test_t63_a_store_of_another_model_is_refused_by_name(publication):
    publish(publication)
    other = assistant_for(replace(publication, embedder=WordEmbedder("other")))
    with pytest.raises(StoreMismatch, match="words@256.*other@256"):
        other.library()
    assert (other.health().reason, other.ask("What is TMS?").kind) == ("mismatch", "unavailable")


def test_t69_a_deleted_article_is_not_cited_after_the_next_publication(publication, corpus):
    publish(publication)
    assistant = assistant_for(publication)
    question = "Does TMS hurt most people?"
    assert {c.article_id for c in assistant.ask(question).citations} == {"tms"}
    (corpus / "articles" / "tms.md").unlink()
    publish(publication)
    assert assistant.ask(question).citations == ()


# --- one at a time -----------------------------------------------------------------------------


def test_t66_a_second_publication_is_told_who_holds_the_lock(publication):
    with publication.store.lock(), pytest.raises(PublicationRunning, match=r"process \d+"):
        publish(publication)


def test_two_publications_at_once_one_goes_live_and_one_is_told(publication, settings):
    """The second starts while the first embeds; when it was turned away, the first goes on."""
    embedding, go_on = Event(), Event()

    class Waits(WordEmbedder):
        def embed_documents(self, texts):
            embedding.set()
            assert go_on.wait(60)
            return super().embed_documents(texts)

    reports = []
    first = Thread(target=lambda: reports.append(publish(replace(publication, embedder=Waits()))))
    first.start()
    assert embedding.wait(60)
    with pytest.raises(PublicationRunning):
        publish(replace(publication, store=open_store(settings.store)))
    go_on.set()
    first.join(60)
    assert [report.activated for report in reports] == [True]
    assert open_store(settings.store).audit() == []


def test_a_rollback_during_a_publication_is_told_to_wait(publication, published, settings):
    published()
    live = publication.store.live_id()
    with publication.store.lock(), pytest.raises(PublicationRunning):
        rollback(open_store(settings.store))
    assert publication.store.live_id() == live


def test_twenty_readers_each_get_one_generation_while_publications_go_on(publication, published):
    """Every answer's words are those of the generation that it names."""
    texts: dict[str, str] = {}
    seen: list[tuple[str, str]] = []
    readers_done: list[int] = []
    done = Event()

    def read() -> None:
        assistant = assistant_for(publication)
        while True:
            answer = assistant.ask("Which number has this version of the text?")
            said = " ".join(e.text for e in answer.excerpts) or answer.text
            seen.append((answer.generation_id, said))
            if done.is_set():
                break
        readers_done.append(1)

    def version(number: int) -> None:
        text = f"This version of the text has the number {number}. " + "More words here. " * 8
        texts[published(text).id] = f"number {number}"

    version(0)
    readers = [Thread(target=read) for _ in range(20)]
    for reader in readers:
        reader.start()
    for number in range(1, 5):
        version(number)
    done.set()
    for reader in readers:
        reader.join(300)
    assert sum(readers_done) == 20
    assert [(id_, said) for id_, said in seen if texts.get(id_, "-") not in said] == []


# --- looking back, going back ------------------------------------------------------------------


def test_only_the_newest_generations_are_kept(publication, published):
    keep_two = publication.settings.model_copy(update={"keep_generations": 2})
    ids = [
        published(f"Version {number} of a text on TMS. " + "word " * 30, settings=keep_two).id
        for number in range(4)
    ]
    assert [g.id for g in publication.store.generations()] == [ids[3], ids[2]]
    assert publication.store.audit() == []


def test_rollback_brings_the_earlier_generation_back(publication, published):
    first = publication.store.live_id()
    published()
    assert rollback(publication.store).id == first
    assert open_store(publication.settings.store).live_id() == first


def test_rollback_to_a_generation_by_id(publication, published):
    first = publication.store.live_id()
    published()
    published("Another text again. " + "word " * 30)
    assert rollback(publication.store, first).id == first


def test_after_a_rollback_the_good_publication_is_kept_and_gone_back_to(publication, published):
    """A is good, B is bad and taken back, C is new: what was live before C is A."""
    keep_two = publication.settings.model_copy(update={"keep_generations": 2})
    good = publication.store.live_id()
    bad = published(settings=keep_two).id
    rollback(publication.store)
    new = published("A third text. " + "word " * 30, settings=keep_two).id
    assert {g.id for g in publication.store.generations()} == {good, new} != {good, bad}
    assert rollback(publication.store).id == good


def test_what_was_taken_back_is_not_gone_back_to_unless_it_is_named(publication, published):
    first = publication.store.live_id()
    second = published().id
    rollback(publication.store)
    with pytest.raises(StoreMissing, match=f"no earlier.* --rollback ID.*{second}"):
        rollback(publication.store)
    assert publication.store.live_id() == first
    assert rollback(publication.store, second).id == second
    assert rollback(publication.store).id == first


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("", ""),
        ("A B C", "CBA"),
        ("A B <A", "A"),
        ("A B <A C", "CA"),
        ("A B C <A <C", "CA"),
        ("A B C <B", "BA"),
        ("A B <A <B", "BA"),
        ("A B <B", "BA"),
        ("B <A", "AB"),  # the diary was lost: A is no longer in it
    ],
)
def test_what_stands_on_what(told, expected):
    history = [
        Activation(
            generation_id=word[-1],
            at=datetime(2026, 1, 1, hour, tzinfo=UTC),
            how="rolled back" if word[0] == "<" else "published",
        )
        for hour, word in enumerate(told.split())
    ]
    assert "".join(standing(history[::-1])) == expected


def test_the_latest_is_the_live_one_though_another_machines_clock_was_ahead(publication, published):
    published()
    [latest, _] = publication.store.history()
    ahead = replace(latest, generation_id="ahead", at=latest.at + timedelta(hours=1))
    publication.store._shelf.note(ahead)
    assert publication.store.history()[0] == latest


def test_a_rollback_can_be_looked_at_first(publication, published):
    """Which articles come back, change and leave; and nothing is written."""
    first = publication.store.live_id()
    second = published().id
    before = publication.store.history()
    seen = rollback(publication.store, trial=True)
    assert (seen.id, seen.back, seen.changed, seen.leaving) == (first, (), ("tms",), ())
    assert (publication.store.live_id(), publication.store.history()) == (second, before)
    assert replace(rollback(publication.store), id=first) == seen


def test_a_withdrawn_article_comes_back_only_when_the_publication_is_named(publication, write):
    first = publish(publication).generation.id
    write("tms.md", TMS, title="TMS", status="retired")
    second = publish(publication).generation.id
    corpus = load_corpus(publication.settings.corpus, TODAY)
    with pytest.raises(CorpusError, match=f"withdrawn: tms.*--rollback {first}"):
        rollback(publication.store, corpus=corpus)
    with pytest.raises(CorpusError, match="withdrawn: tms"):
        rollback(publication.store)  # with no corpus nobody can tell
    assert publication.store.live_id() == second
    assert rollback(publication.store, corpus=corpus, trial=True).withdrawn == ("tms",)
    found = rollback(publication.store, first, corpus=corpus)
    assert "its status is retired" in found.unfit["tms"]
    assert publication.store.live_id() == first


def test_an_article_whose_file_is_gone_counts_as_withdrawn(publication, corpus):
    publish(publication)
    (corpus / "articles" / "tms.md").unlink()
    publish(publication)
    seen = rollback(publication.store, corpus=load_corpus(corpus, TODAY), trial=True)
    assert seen.unfit == {"tms": "articles/tms.md is no longer in the corpus"}


def test_an_approved_article_comes_back_unasked(publication, write):
    publish(publication)
    write("tms.md", TMS, title="TMS", status="retired")
    publish(publication)
    write("tms.md", TMS, title="TMS")
    corpus = load_corpus(publication.settings.corpus, TODAY)
    found = rollback(publication.store, corpus=corpus)
    assert (found.back, found.unfit) == (("tms",), {})


def test_rollback_to_another_embedder_is_refused_before_it_is_live(publication, published):
    """Else every question after it would find a store that it can't search."""
    first = publication.store.live_id()
    published()
    now = publication.store.live_id()
    with pytest.raises(StoreMismatch, match="built with"):
        rollback(publication.store, first, embedder="another@1")
    assert publication.store.live_id() == now


def test_rollback_without_an_earlier_generation_says_so(publication):
    publish(publication)
    with pytest.raises(StoreMissing, match="no earlier"):
        rollback(publication.store)


def test_rollback_to_an_id_that_is_not_there_says_where_to_look(publication):
    publish(publication)
    with pytest.raises(StoreMissing, match="--history"):
        rollback(publication.store, "20200101-000000-000-abcdef")


def test_the_manifest_says_who_approved_what_and_which_models_decide(publication):
    publish(publication)
    [manifest] = publication.store.manifests()
    assert {(a["id"], a["approved_by"]) for a in manifest["articles"]} == {
        ("ketamine", "A. Reviewer"),
        ("tms", "A. Reviewer"),
    }
    assert manifest["generation"]["embedder"] == "words@256"
    assert manifest["notes"]["reader"] == "words from 0.7"


def test_history_says_what_was_done_when_and_by_whom(publication, published):
    first = publication.store.live_id()
    second = published(by="Ann").id
    rollback(publication.store, by="Bob")
    history = open_store(publication.settings.store).history()
    assert [(entry.generation_id, entry.how, entry.by) for entry in history] == [
        (first, "rolled back", "Bob"),
        (second, "published", "Ann"),
        (first, "published", ""),
    ]


def test_what_the_site_said_on_a_day_can_be_told_after_its_generation_was_pruned(
    publication, published
):
    """“What exactly did the site say on 3 March, and why?”"""
    only_one = publication.settings.model_copy(update={"keep_generations": 1})
    old = publication.store.live()
    words, id_ = old.articles["tms"].body, old.generation.id
    published(settings=only_one)
    day = publication.store.history()[-1].at.astimezone().date()
    edition = open_store(publication.settings.store).on(day)[0]
    assert edition.generation.id == id_ not in [g.id for g in publication.store.generations()]
    assert edition.articles["tms"].body == words
    assert edition.articles["tms"].approved_by == "A. Reviewer"
    assert edition.until == publication.store.history()[0].at


def test_a_day_before_the_first_publication_has_no_editions(publication):
    publish(publication)
    first = publication.store.history()[-1].at.astimezone().date()
    with pytest.raises(StoreMissing, match="Nothing was live"):
        publication.store.on(first - timedelta(days=1))


# --- after an accident -------------------------------------------------------------------------


def test_a_publication_killed_before_its_last_step_leaves_nothing_for_long(publication, write):
    """Written whole but never made live: it can't be rolled back to, and the next clears it."""
    before = publish(publication).generation
    write("tms.md", CHANGED, title="TMS")
    with publication.store.lock():
        orphan = replace(before, id=before.id + "0", created_at=datetime.now(UTC))
        live = publication.store.live()
        chunks = sorted(live.chunks.values(), key=lambda chunk: chunk.id)
        vectors = live.vectors({chunk.content_hash for chunk in chunks})
        publication.store.write(
            orphan, list(live.articles.values()), chunks, [vectors[c.content_hash] for c in chunks]
        )
    fresh = open_store(publication.settings.store)
    assert any(orphan.id in problem for problem in fresh.audit())
    publish(publication)
    assert orphan.id not in [g.id for g in fresh.generations()]
    assert fresh.audit() == []


def test_a_failed_candidate_leaves_nothing_behind(publication, corpus, write):
    publish(publication)
    (corpus / "golden.toml").write_text('[[question]]\nask = "hello"\nkind = "safety"\n')
    write("tms.md", CHANGED, title="TMS")
    assert not publish(publication).activated
    assert publication.store.audit() == []
    assert len(publication.store.generations()) == 1


def test_a_generation_that_is_live_is_never_removed(publication):
    live = publish(publication).generation.id
    publication.store.remove(live)
    assert open_store(publication.settings.store).live().generation.id == live


def test_a_sound_store_passes_its_audit(publication, published):
    published()
    assert open_store(publication.settings.store).audit() == []


def test_an_activation_noted_twice_is_told_once(publication):
    """Killed after the diary was written and before the pointer, one stands in both."""
    publish(publication)
    [latest] = publication.store.history()
    publication.store._shelf.note(latest)
    assert open_store(publication.settings.store).history() == [latest]


def test_an_unreadable_manifest_of_an_earlier_publication_keeps_nothing_from_going_live(
    publication, published
):
    """And costs no article: any may be one that it lists."""
    first = publication.store.live_id()
    second = published().id
    place = publication.settings.store
    chroma = client(place) if place.startswith("http") else None
    if chroma:
        held = chroma.get_collection("articles", embedding_function=None).count()
        catalog = chroma.get_collection("catalog", embedding_function=None)
        catalog.update(ids=[f"manifest {first}"], documents=["{"], embeddings=[[1.0]])
    else:
        (Path(place) / "generations" / first / "manifest.json").write_text("{")
    with open_store(place).lock():
        pass
    if chroma:
        assert chroma.get_collection("articles", embedding_function=None).count() == held
    third = published("A third text. " + "word " * 30).id
    assert rollback(open_store(place)).id == second != third
