"""Generations: written aside, looked into, made live in one step, brought back, taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import RLock
from typing import Literal

from assistant.store.records import (
    checked_articles,
    dump_article,
    load_generation,
    manifest_of,
)
from assistant.store.shelf import Record, Shelf, Volume
from assistant.store.snapshot import Snapshot, add_chunks
from assistant.types import (
    Activation,
    Article,
    AssistantError,
    Chunk,
    Edition,
    Generation,
    GenerationGone,
    StoreCorrupt,
    StoreMissing,
    Vector,
)

_OPEN_AT_ONCE = 3  # snapshots kept open: the live one, and older ones that readers still hold


class Store:
    """All that is published, on whichever shelf. Safe to read from many threads."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._open: dict[str, tuple[Callable[[], None], Snapshot]] = {}
        self._lock = RLock()

    # --- reading -----------------------------------------------------------------------------

    def live_id(self) -> str:
        """The id of the live generation. Raises StoreMissing when nothing was published."""
        activation = self._shelf.pointer()
        if activation is None:
            raise StoreMissing(f"Nothing has been published into {self._shelf.name} yet.")
        return activation.generation_id

    def live(self) -> Snapshot:
        """The live generation, opened again only when another one has been activated."""
        while True:
            id_ = self.live_id()
            try:
                return self.open(id_)
            except AssistantError as error:
                if self.live_id() != id_:
                    continue  # another one went live meanwhile, and this one was pruned
                if isinstance(error, GenerationGone):
                    raise StoreCorrupt(f"The live generation {id_} is not in the store.") from error
                raise

    def open(self, id_: str) -> Snapshot:
        """Any generation by id. Raises StoreCorrupt when it is not whole, GenerationGone when it
        is not there."""
        with self._lock:
            if id_ in self._open and self._open[id_][1].gone:
                self._close(id_)
            if id_ not in self._open:
                with _readable(id_):
                    volume = self._shelf.take(id_)
                try:
                    self._open[id_] = volume.close, _looked_into(id_, volume)
                except BaseException:
                    volume.close()
                    raise
                for old in list(self._open)[:-_OPEN_AT_ONCE]:  # no question takes that long
                    self._close(old)
            return self._open[id_][1]

    def generations(self) -> list[Generation]:
        """All generations that can be brought back, newest first; the audit names damaged ones."""
        return [load_generation(manifest["generation"]) for manifest in self.manifests()]

    def manifests(self) -> list[Record]:
        """The same as manifests: who approved what, when, and with which model."""
        found = []
        for id_ in self._shelf.ids():
            try:
                manifest = self._shelf.manifest(id_)
                found.append((load_generation(manifest["generation"]), manifest))
            except (AssistantError, ValueError, KeyError, TypeError):
                continue
        found.sort(key=lambda pair: (pair[0].created_at, pair[0].id), reverse=True)
        return [manifest for _, manifest in found]

    def history(self) -> list[Activation]:
        """Every activation since the first publication, newest first."""
        latest, diary = self._shelf.pointer(), self._shelf.diary()
        # Killed after the diary was written and before the pointer, the latest stands in both.
        earlier = [entry for entry in diary if entry != latest]
        earlier.sort(key=lambda entry: entry.at, reverse=True)
        # The latest comes first whatever its time: another machine's clock may go wrong.
        return [latest, *earlier] if latest else earlier

    def last_published(self) -> Activation | None:
        """The latest publication, whatever was gone back to since; none before the first.

        Raises StoreCorrupt when nobody can tell.
        """
        latest = self._shelf.pointer()
        if latest and latest.how == "published":
            return latest  # whatever has become of the diary
        return next((entry for entry in self.history() if entry.how == "published"), None)

    def on(self, day: date) -> list[Edition]:
        """What was live at any time of a day (in this machine's time zone), earliest first.

        Raises StoreMissing when nothing was.
        """
        start = datetime(day.year, day.month, day.day).astimezone()
        end = start + timedelta(days=1)
        found = []
        until: datetime | None = None
        for activation in self.history():
            if activation.at < end and (until is None or until > start):
                found.append(self._edition(activation, until))
            until = activation.at
        if not found:
            raise StoreMissing(f"Nothing was live on {day}.", hint="See ingest.py --history.")
        return found[::-1]

    def _edition(self, activation: Activation, until: datetime | None) -> Edition:
        with _readable(activation.generation_id):
            manifest, records = self._shelf.archived(activation.generation_id)
            return Edition(
                activation=activation,
                until=until,
                generation=load_generation(manifest["generation"]),
                articles=checked_articles(activation.generation_id, manifest, records),
                notes=manifest["notes"],
            )

    # --- writing -----------------------------------------------------------------------------

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held while publishing; whoever gets it clears away what a dead holder left.

        Raises PublicationRunning when somebody else holds it.
        """
        with self._shelf.lock():
            self.clear_unfinished()
            yield

    def write(
        self,
        generation: Generation,
        articles: Sequence[Article],
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        *,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        """Writes a generation aside; it is not live yet, and complete or not there at all.

        Raises StoreUnwritable when the disk is full or read-only.
        """
        dimension = len(vectors[0]) if vectors else 0
        self._shelf.put(
            generation.id,
            manifest_of(generation, articles, dimension, notes or {}),
            [dump_article(article) for article in articles],
            lambda collection: add_chunks(collection, chunks, vectors),
        )

    def activate(
        self,
        id_: str,
        *,
        how: Literal["published", "rolled back"] = "published",
        by: str = "",
        golden: int = 0,
        overridden: Sequence[str] = (),
    ) -> None:
        """Makes a generation live, in one step, and remembers which was live before."""
        if id_ not in self._shelf.ids():
            raise StoreMissing(f"There is no generation {id_!r}.", hint="See ingest.py --history.")
        before = self._latest()
        if before and before not in self._noted():
            self._shelf.note(before)
        self._shelf.point(
            Activation(
                generation_id=id_,
                at=datetime.now(UTC),
                how=how,
                by=by,
                golden=golden,
                overridden=tuple(overridden),
            )
        )

    def prune(self, keep: int) -> list[str]:
        """Removes all but the live generation and those live most lately, `keep` together; their
        ids.

        Their vectors go; manifests and articles stay, so that it can be said what was live when.
        """
        live = self.live_id()
        # Not by when it was made: after a rollback the good one is older than the bad one.
        lately = {entry.generation_id: entry.at for entry in reversed(self.history())}
        found = self.generations()
        found.sort(key=lambda each: lately.get(each.id, each.created_at), reverse=True)
        old = [each.id for each in found if each.id != live][max(0, keep - 1) :]
        for id_ in old:
            self._forget(id_)
            self._shelf.remove(id_, archive=True)
        return old

    def remove(self, id_: str) -> None:
        """Removes a generation that never went live; one that is live stays."""
        activation = self._latest()
        if activation is None or activation.generation_id != id_:
            self._forget(id_)
            self._shelf.remove(id_, archive=False)

    def clear_unfinished(self) -> None:
        """Removes what publications that were killed have left. Only under the lock."""
        self._shelf.clear()
        for id_ in self._never_live():
            self._forget(id_)
            self._shelf.remove(id_, archive=False)

    # --- auditing ----------------------------------------------------------------------------

    def audit(self) -> list[str]:
        """What is wrong with the store, in the operator's words; empty when nothing is.

        Every generation is compared with its manifest: articles by hash, chunks by number and by
        text, vectors by dimension, and a sample of chunks must find themselves.
        """
        try:
            live, ids = self.live_id(), self._shelf.ids()
        except AssistantError as error:
            return [str(error)]
        busy = self._shelf.busy()
        problems = [
            f"{name}: left by a publication that did not finish; the next one removes it."
            for name in [*self._shelf.leftovers(), *self._never_live()]
            if not busy  # then they are what is being written
        ]
        if live not in ids:
            problems.append(f"Live: generation {live} is not in the store.")
        for id_ in ids:
            try:
                with _readable(id_):
                    volume = self._shelf.take(id_)  # afresh: what is open may be damaged since
                try:
                    _looked_into(id_, volume)
                finally:
                    volume.close()
            except AssistantError as error:
                problems.append(f"{'Live: ' if id_ == live else ''}{error}")
        return problems

    def _never_live(self) -> list[str]:
        """Whole generations whose publication was killed before it made them live.

        They are younger than the latest activation. What is older may have been live, even where
        the records that said so are lost: better one too many than one too few.
        """
        try:
            latest = self._shelf.pointer()
            known = {activation.generation_id for activation in self.history()}
        except StoreCorrupt:
            return []
        made = {found.id: found.created_at for found in self.generations()}
        if latest is None:  # nothing was ever live, or the pointer is lost: nobody can tell
            return []
        return sorted(id_ for id_, at in made.items() if id_ not in known and at > latest.at)

    # --- inside ------------------------------------------------------------------------------

    def _latest(self) -> Activation | None:
        """The latest activation; none when nobody can say any more what it was."""
        try:
            return self._shelf.pointer()
        except StoreCorrupt:
            return None

    def _noted(self) -> list[Activation]:
        """The diary; nothing when it can't be read, so that it keeps nothing from going live."""
        try:
            return self._shelf.diary()
        except StoreCorrupt:
            return []

    def _forget(self, id_: str) -> None:
        with self._lock:
            if id_ in self._open:
                self._close(id_)

    def _close(self, id_: str) -> None:
        close, _ = self._open.pop(id_)
        close()


def standing(history: Sequence[Activation]) -> list[str]:
    """What stands on what, the live generation first: going back leads from each to the next.

    A publication is laid on the one live before it; going back takes away all that lay above.
    """
    pile: list[str] = []
    for entry in reversed(history):
        if entry.how == "rolled back" and entry.generation_id in pile:
            del pile[pile.index(entry.generation_id) + 1 :]
        else:
            pile.append(entry.generation_id)
    return pile[::-1]


def _looked_into(id_: str, volume: Volume) -> Snapshot:
    """The generation, if it is what its manifest says. Raises StoreCorrupt when it is not."""
    with _readable(id_):
        generation = load_generation(volume.manifest["generation"])
        articles = checked_articles(id_, volume.manifest, volume.articles)
        dimension = int(volume.manifest["dimension"])
        snapshot = Snapshot(generation, articles, volume.collection, volume.asking)
    if snapshot.dimension != dimension:
        raise StoreCorrupt(
            f"The vectors of generation {id_} have {snapshot.dimension} dimensions; "
            f"its manifest says {dimension}."
        )
    return snapshot


@contextmanager
def _readable(id_: str) -> Iterator[None]:
    """What goes wrong with a generation in here is damage, unless it has been said already."""
    try:
        yield
    except AssistantError:
        raise
    except Exception as error:  # Chroma and its layers each raise their own kind
        raise StoreCorrupt(f"Generation {id_} can't be read: {type(error).__name__}.") from error
