"""The store: generations are whole or not there, and what is damaged is said to be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assistant.publishing import publish, rollback
from assistant.store import open_store
from assistant.types import PublicationRunning, StoreCorrupt, StoreMissing


def folders(settings) -> list[Path]:
    return sorted((Path(settings.store) / "generations").iterdir())


def test_an_empty_store_says_what_to_do(settings):
    with pytest.raises(StoreMissing, match="python ingest.py"):
        open_store(settings.store).live()


def test_what_was_published_is_read_back(publication):
    report = publish(publication)
    live = open_store(publication.settings.store).live()
    assert live.generation == report.generation
    assert {article.id for article in live.articles.values()} == {"ketamine", "tms"}
    assert len(live.chunks) == report.generation.chunk_count


def test_a_reader_moves_to_the_new_generation_by_itself(publication, write):
    publish(publication)
    reader = open_store(publication.settings.store)
    first = reader.live().generation.id
    write("tms.md", "TMS has changed its text altogether, " + "word " * 30, title="TMS")
    second = publish(publication).generation.id
    assert reader.live().generation.id == second != first


def test_a_reader_keeps_an_old_generation_while_it_uses_it(publication, write):
    publish(publication)
    held = open_store(publication.settings.store).live()
    write("tms.md", "TMS has changed its text altogether, " + "word " * 30, title="TMS")
    publish(publication)
    vector = publication.embedder.embed_query("magnetic pulses")
    hits = held.search(vector, 3)
    assert hits and all(id_ in held.chunks for id_, _ in hits)


@pytest.mark.parametrize("damage", ["articles.json", "manifest.json", "chroma/chroma.sqlite3"])
def test_a_truncated_file_is_noticed(publication, damage):
    publish(publication)
    path = folders(publication.settings)[0] / damage
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    store = open_store(publication.settings.store)
    with pytest.raises(StoreCorrupt, match="Publish again"):
        store.live()
    assert store.audit()


def test_a_removed_vector_index_is_noticed(publication):
    publish(publication)
    for path in (folders(publication.settings)[0] / "chroma").iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    store = open_store(publication.settings.store)
    try:
        store.live()
    except StoreCorrupt:
        return
    vector = publication.embedder.embed_query("magnetic pulses")
    assert store.live().search(vector, 1), "an index that is gone must be rebuilt or refused"


def test_a_pointer_to_nowhere_is_noticed(publication):
    publish(publication)
    (Path(publication.settings.store) / "live").write_text("../../etc\n")
    with pytest.raises(StoreCorrupt):
        open_store(publication.settings.store).live()


def test_chunks_that_are_not_the_manifests_are_noticed(publication):
    publish(publication)
    path = folders(publication.settings)[0] / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["generation"]["chunk_count"] += 1
    path.write_text(json.dumps(manifest))
    with pytest.raises(StoreCorrupt, match="chunks"):
        open_store(publication.settings.store).live()


def test_only_the_newest_generations_are_kept(publication, write):
    settings = publication.settings.model_copy(update={"keep_generations": 2})
    for number in range(4):
        write("tms.md", f"Version {number} of a text on TMS. " + "word " * 30, title="TMS")
        from dataclasses import replace

        publish(replace(publication, settings=settings))
    assert len(folders(settings)) == 2


def test_what_a_killed_publication_left_is_cleared_by_the_next(publication):
    unfinished = Path(publication.settings.store) / "generations" / "20260101-000000-000-abc.part"
    unfinished.mkdir(parents=True)
    publish(publication)
    assert not unfinished.exists()


def test_a_second_publication_is_told_who_holds_the_lock(publication):
    with publication.store.lock(), pytest.raises(PublicationRunning, match="process"):
        publish(publication)


def test_rollback_brings_the_earlier_generation_back(publication, write):
    first = publish(publication).generation
    write("tms.md", "TMS has changed its text altogether, " + "word " * 30, title="TMS")
    publish(publication)
    assert rollback(publication.store).id == first.id
    assert open_store(publication.settings.store).live().generation.id == first.id


def test_rollback_without_an_earlier_generation_says_so(publication):
    publish(publication)
    with pytest.raises(StoreMissing, match="no earlier"):
        rollback(publication.store)


def test_a_sound_store_passes_its_audit(publication):
    publish(publication)
    assert open_store(publication.settings.store).audit() == []


def test_the_manifest_says_who_approved_what(publication):
    publish(publication)
    [manifest] = publication.store.history()
    assert {(a["id"], a["approved_by"]) for a in manifest["articles"]} == {
        ("ketamine", "A. Reviewer"),
        ("tms", "A. Reviewer"),
    }
