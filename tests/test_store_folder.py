"""The store in a folder: damaged files, killed publications, full and read-only disks."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from assistant.pipeline import Assistant
from assistant.publishing import publish
from assistant.store import open_store
from assistant.store.folder import Folder
from assistant.types import StoreCorrupt, StoreUnwritable
from tests.conftest import CHANGED, assistant_for
from tests.killing import run_kills


def folders(settings) -> list[Path]:
    return sorted((Path(settings.store) / "generations").iterdir())


# --- T64: damage -------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["articles.json", "manifest.json", "chroma/chroma.sqlite3"])
def test_a_truncated_file_is_noticed(publication, damage):
    publish(publication)
    path = folders(publication.settings)[0] / damage
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    store = open_store(publication.settings.store)
    with pytest.raises(StoreCorrupt, match="publish again: python ingest.py"):
        store.live()
    assert store.audit()


@pytest.mark.parametrize("damage", ["articles.json", "manifest.json", "chroma/chroma.sqlite3"])
def test_random_bytes_are_noticed(publication, damage):
    publish(publication)
    path = folders(publication.settings)[0] / damage
    path.write_bytes(bytes(range(256)) * 40)
    assert open_store(publication.settings.store).audit()
    assert assistant_for(publication).health().reason == "corrupt"


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


def test_a_pointer_to_a_generation_that_is_gone_is_noticed(publication):
    publish(publication)
    shutil.rmtree(folders(publication.settings)[0])
    store = open_store(publication.settings.store)
    with pytest.raises(StoreCorrupt, match="not in the store"):
        store.live()
    assert store.audit()


def manifest_with(publication, change: Callable[[dict], None]) -> None:
    path = folders(publication.settings)[0] / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_chunks_that_are_not_the_manifests_are_noticed(publication):
    publish(publication)
    manifest_with(publication, lambda m: m["generation"].update(chunk_count=99))
    with pytest.raises(StoreCorrupt, match="99 chunks"):
        open_store(publication.settings.store).live()


def test_vectors_of_another_dimension_are_noticed(publication):
    publish(publication)
    manifest_with(publication, lambda m: m.update(dimension=384))
    assert "256 dimensions" in open_store(publication.settings.store).audit()[0]


def test_an_article_changed_in_the_store_by_hand_is_noticed(publication):
    """Words that nobody approved are never served, however they got there."""
    publish(publication)
    path = folders(publication.settings)[0] / "articles.json"
    path.write_text(path.read_text().replace("does not hurt", "never ever hurts"))
    with pytest.raises(StoreCorrupt, match="'tms' is not the one that was published"):
        open_store(publication.settings.store).live()


def test_a_damaged_earlier_generation_is_in_the_audit_and_does_no_harm(publication, write):
    publish(publication)
    write("tms.md", CHANGED, title="TMS")
    live = publish(publication).generation.id
    (folders(publication.settings)[0] / "articles.json").write_text("[]")
    store = open_store(publication.settings.store)
    [problem] = store.audit()
    assert "damaged" in problem
    assert not problem.startswith("Live")
    assert store.live().generation.id == live


# --- T65: killed -------------------------------------------------------------------------------


def test_what_a_killed_publication_left_is_cleared_by_the_next(publication):
    unfinished = Path(publication.settings.store) / "generations" / "20260101-000000-000-abc.part"
    unfinished.mkdir(parents=True)
    pointer = Path(publication.settings.store) / "live.new"
    pointer.write_text("20260101")
    publish(publication)
    assert not unfinished.exists()
    assert not pointer.exists()


def test_t65_killed_at_random_moments_a_reader_sees_whole_generations_only(settings, tmp_path):
    """A handful of kills; benchmarks/kills.py does a hundred."""
    where = settings.model_copy(update={"corpus": tmp_path / "versions"})
    seen = run_kills(where, kills=4)
    assert (seen.kills, seen.wrong) == (4, [])
    assert seen.asked > 4
    assert len(seen.generations) > 1


def test_t65_killed_at_random_moments_on_a_server(settings, tmp_path, server):
    from tests.servers import emptied

    where = settings.model_copy(update={"corpus": tmp_path / "versions", "store": emptied(server)})
    seen = run_kills(where, kills=4)
    assert (seen.kills, seen.wrong) == (4, [])
    assert len(seen.generations) > 1


def test_the_lock_of_a_dead_holder_is_free(publication):
    """The holder's note may stay behind when it is killed; the lock itself does not."""
    folder = Path(publication.settings.store)
    folder.mkdir()
    (folder / "publishing.lock").touch()
    (folder / "publishing.holder").write_text('{"pid": 1, "since": "2026-01-01"}')
    assert publish(publication).activated


# --- T67: full and read-only disks -------------------------------------------------------------


def mount(*arguments: str | Path) -> None:
    command = ["mount", *map(str, arguments)]
    if shutil.which("mount") is None:
        pytest.skip("nothing can be mounted here: there is no mount command")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of six megabytes, in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=6m", "tmpfs", place)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.fixture
def read_only(disk: Path, tmp_path: Path) -> Iterator[Path]:
    """The same disk as seen by somebody who may not write on it."""
    place = tmp_path / "read-only"
    place.mkdir()
    mount("--bind", disk, place)
    mount("-o", "remount,ro,bind", place)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def on(publication, folder: Path):
    """The same publication into a store on that disk."""
    settings = publication.settings.model_copy(update={"store": str(folder / "store")})
    return replace(publication, settings=settings, store=open_store(settings.store))


def fill(folder: Path, leave: int) -> Path:
    """Fills the disk until `leave` bytes are free."""
    filler = folder / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(folder).free - leave))
    return filler


def asked(publication) -> tuple[str, str]:
    """What a reader gets that has just started, from a store of its own."""
    reader: Assistant = assistant_for(publication)
    answer = reader.ask("Does TMS hurt most people?")
    return answer.kind, answer.generation_id


@pytest.mark.parametrize("leave", [0, 20_000, 150_000, 300_000, 600_000])
def test_t67_a_full_disk_leaves_what_is_live_alone(publication, write, disk, leave):
    """Wherever in the publication the disk runs full; afterwards the next one just works."""
    job = on(publication, disk)
    before = publish(job).generation.id
    reader = assistant_for(job)
    assert reader.ask("Does TMS hurt most people?").kind == "answer"
    filler = fill(disk, leave)
    write("tms.md", CHANGED + "TMS does not hurt most people.", title="TMS")
    try:
        publish(job)
    except StoreUnwritable as error:
        assert "What was live is still live" in str(error)
        assert reader.ask("Does TMS hurt most people?").generation_id == before
        assert asked(job) == ("answer", before)
    else:
        assert leave > 0, "a full disk can't have been written"
    filler.unlink()
    write("tms.md", CHANGED + "TMS does not hurt most people, we say again.", title="TMS")
    assert publish(job).activated
    assert open_store(job.settings.store).audit() == []


def test_t67_a_read_only_disk_is_read_and_not_written(publication, write, disk, read_only):
    before = publish(on(publication, disk)).generation.id
    job = on(publication, read_only)
    assert asked(job) == ("answer", before)
    write("tms.md", CHANGED, title="TMS")
    with pytest.raises(StoreUnwritable, match="What was live is still live"):
        publish(job)
    assert open_store(job.settings.store).audit() == []
    assert asked(job) == ("answer", before)
    assert publish(on(publication, disk)).activated


def test_a_publication_that_is_live_is_not_called_failed_because_pruning_failed(publication, write):
    """The old generations stay until the next publication, which prunes again."""
    job = replace(
        publication, settings=publication.settings.model_copy(update={"keep_generations": 1})
    )
    publish(job)
    archive = Path(job.settings.store) / "archive"
    archive.write_text("a file where a folder should be")
    write("tms.md", CHANGED, title="TMS")
    assert publish(job).activated
    archive.unlink()
    write("tms.md", CHANGED + "again", title="TMS")
    publish(job)
    assert len(folders(job.settings)) == 1


# --- disk space --------------------------------------------------------------------------------


def test_pruned_generations_free_the_disk(publication, write):
    """After many publications the store is about as big as after those that are kept."""
    job = replace(
        publication, settings=publication.settings.model_copy(update={"keep_generations": 2})
    )
    store = Path(job.settings.store)
    sizes = []
    for number in range(8):
        write("tms.md", f"Version {number} of a text on TMS. " + "word " * 30, title="TMS")
        publish(job)
        sizes.append(sum(path.stat().st_size for path in store.rglob("*") if path.is_file()))
    assert sizes[7] < sizes[1] * 1.1
    assert len(folders(job.settings)) == 2


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns so often that what can come between two steps does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def test_many_open_and_close_the_same_generation_at_once(publication, settings, tmp_path, hurried):
    """Desk and chat of one process have a store each, over the same files."""
    id_ = publish(publication).generation.id
    # Of the files in their first place somebody still has a client, and so they stay open.
    store = shutil.copytree(settings.store, tmp_path / "copy")
    failed: list[str] = []

    def open_and_close() -> None:
        shelf = Folder(store)
        for _ in range(60):
            try:
                shelf.take(id_).close()
            except Exception as error:
                failed.append(repr(error))

    threads = [Thread(target=open_and_close) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []


@pytest.mark.parametrize("published", [2, 3])
@pytest.mark.parametrize("lost", [["diary.json"], ["live"], ["diary.json", "live"]])
def test_lost_records_cost_no_generation(publication, write, lost, published):
    """What was live may be brought back, even if it is not written down any more that it was."""
    for number in range(published):
        write("tms.md", body=f"Text {number}. " + "word " * 30, title="TMS")
        publish(publication)
    before = [found.id for found in publication.store.generations()]
    for name in lost:
        (Path(publication.settings.store) / name).unlink()
    with open_store(publication.settings.store).lock():
        pass
    assert [found.id for found in publication.store.generations()] == before
