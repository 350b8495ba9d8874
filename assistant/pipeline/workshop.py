"""What replies are made with: triage, the live articles, the models, the practice's own words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from threading import Lock

from assistant import models, replies
from assistant.answering import ExtractiveAnswerer, GenerativeAnswerer
from assistant.library import Library, Source
from assistant.settings import Practice, PracticeFile, Settings
from assistant.store import open_store
from assistant.triage import TRIAGE_FAILED, Triager
from assistant.types import (
    Answerer,
    AssistantError,
    Embedder,
    Health,
    Language,
    Reader,
    StoreCorrupt,
    StoreMismatch,
    StoreMissing,
    StoreUnreachable,
    Triage,
    Turn,
)

log = logging.getLogger(__name__)

# Libraries may fail when many visitors make them load at the same moment. Triage waits for none of
# the others, which may take their time.
_loading, _loading_triage = Lock(), Lock()


class Workshop:
    """Loads each thing once, when it is first needed; one instance serves every visitor."""

    def __init__(
        self,
        settings: Settings,
        *,
        source: Source | None = None,
        embedder: Embedder | None = None,
        reader: Reader | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.settings = settings
        self.today = today
        self._practice = PracticeFile(settings.corpus)
        self._source = source
        self._embedder = embedder
        self._reader = reader
        self._library: Library | None = None
        self._finder: ExtractiveAnswerer | None = None
        self._answerer: Answerer | None = None
        self._lock = Lock()

    @property
    def practice(self) -> Practice:
        """The practice's details; a change to its file counts at once."""
        return self._practice.read()

    def say(self, key: str, language: Language, **values: str) -> str:
        """One of the fixed texts that replies consist of."""
        return replies.say(language, "reply", key, self.practice, **values)

    def triage(self, message: str, history: Sequence[Turn] = ()) -> Triage:
        """What kind of message this is. Needs no store; never raises: doubt goes to the card."""
        try:
            return ready_triager().triage(message, history)
        except Exception as error:
            log.error("triage failed: %s", type(error).__name__)
            return TRIAGE_FAILED

    def library(self) -> Library:
        """The live generation, made ready again whenever another one has been activated, or the
        same one has been opened anew.
        """
        with self._lock:
            if self._source is None:
                self._source = open_store(self.settings.store)
            snapshot = self._source.live()
            current = self._library
            if current is None or current.snapshot is not snapshot:
                if self._embedder is None:
                    self._embedder = models.load_embedder(self.settings)
                    _ = self._embedder.dimension  # loaded here, under the lock, or health fails
                self._library = current = Library.of(snapshot, self._embedder)
            return current

    @property
    def library_at_hand(self) -> Library | None:
        """The generation that was last found live, without asking the store, which may hang."""
        return self._library

    def answerer(self) -> Answerer:
        """What turns passages into an answer; its models are loaded once."""
        finder = self.finder()
        with _loading:
            if self._answerer is None:
                self._answerer = (
                    finder
                    if self.settings.answerer == "extractive"
                    else GenerativeAnswerer(models.load_chat_model(self.settings), finder)
                )
            return self._answerer

    def finder(self) -> ExtractiveAnswerer:
        """What finds answers in passages; its model is loaded once."""
        with _loading:
            if self._finder is None:
                reader = self._reader or models.load_reader(self.settings)
                self._finder = ExtractiveAnswerer(reader)
            return self._finder

    def health(self) -> Health:
        """Whether questions can be answered now; the message is for the operator."""
        try:
            library = self.library()
        except StoreMissing as error:
            return Health(ok=False, reason="no_store", message=str(error))
        except StoreCorrupt as error:
            return Health(ok=False, reason="corrupt", message=str(error))
        except StoreMismatch as error:
            return Health(ok=False, reason="mismatch", message=str(error))
        except StoreUnreachable as error:
            return Health(ok=False, reason="unreachable", message=str(error))
        except AssistantError as error:
            return Health(ok=False, reason="model", message=str(error))
        if not library.in_date(self.today()):
            return Health(
                ok=False, reason="empty", message="No live article is in date; publish new ones."
            )
        return Health(ok=True)

    def audit(self) -> list[str]:
        """What is wrong with the store, in the operator's words; empty when nothing is."""
        return list(open_store(self.settings.store).audit())


def ready_triager() -> Triager:
    """Triage with its classifier, or by rules alone where the classifier can't load."""
    with _loading_triage:
        return _triager()


@cache
def _triager() -> Triager:
    try:
        return Triager(models.load_classifier())
    except AssistantError as error:
        log.error("triage without its classifier: %s", error)
    except Exception as error:  # each library under it raises its own kind; the rules need none
        log.error("triage without its classifier: %s", type(error).__name__)
    return Triager(None)
