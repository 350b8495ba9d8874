"""The assistant: takes a message, gives the reply, and is made ready for both."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from assistant.answering import headings, questions_in
from assistant.library import Source
from assistant.pipeline.replying import Replying
from assistant.pipeline.request import Request
from assistant.pipeline.workshop import Workshop, ready_triager
from assistant.settings import Settings
from assistant.text.language import detect
from assistant.types import (
    Answer,
    Article,
    Embedder,
    GenerationGone,
    Language,
    Reader,
    Triage,
    Turn,
)
from assistant.usage import Usage

log = logging.getLogger(__name__)

_LONGEST_REPLY = 20_000  # characters; three excerpts with their notes have some three thousand
_WARM_UP = Request(
    message="What is depression?",
    history=(),
    triage=Triage(label="information"),
    language="en",
    times_shown=0,
)


class Assistant(Workshop):
    """Answers visitors. One instance serves all of them and keeps none of their messages."""

    def __init__(
        self,
        settings: Settings,
        *,
        source: Source | None = None,
        embedder: Embedder | None = None,
        reader: Reader | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        super().__init__(settings, source=source, embedder=embedder, reader=reader, today=today)
        self.usage = Usage()
        self._replying = Replying(self)
        self._starters: dict[tuple[str, date, Language], tuple[str, ...]] = {}

    def ask(
        self,
        message: str,
        history: Sequence[Turn] = (),
        *,
        language: Language | None = None,
        times_shown: int = 0,
    ) -> Answer:
        """The reply to a message. Never raises; urgent messages need neither model nor store.

        `language` is the page's own, used where the message does not tell; `times_shown` counts
        the crisis cards of this visit, so that a repeated one is worded afresh.
        """
        message = _composed(message)
        turns = [replace(turn, text=_composed(_remembered(turn))) for turn in history]
        request = Request(
            message=message,
            history=tuple(t for t in turns if t.role != "user" or self._replying.fits(t.text)),
            triage=self.triage(message, turns),
            language=detect(message, language or "en"),
            times_shown=times_shown,
        )
        try:
            try:
                reply = self._replying.reply(request)
            except GenerationGone:  # pruned while it was being searched: another one is live
                reply = self._replying.reply(request)
        except Exception as error:  # a visitor never meets a stack trace
            log.error("question not answered: %s", type(error).__name__)
            reply = self._replying.unavailable(request, error)
        answer = self._replying.finished(reply)
        try:
            self.usage.count(answer)
        except Exception as error:  # counting never stands between a visitor and an answer
            log.error("usage not counted: %s", type(error).__name__)
        return answer

    def warm(self) -> None:
        """Loads the models and opens the store, so that the first visitor need not wait."""
        ready_triager()
        health = self.health()
        if health.ok:
            self._replying.reply(_WARM_UP)
            self.starters("en")
            self.starters("es")

    def prepare(self) -> Iterator[str]:
        """Works ahead on every live article, and names each when it is done.

        Answers are as good without, but take a third longer: the vectors of their spans, and
        whether the headings that are suggested have an answer, are worked out when first needed.
        """
        library = self.library()
        for article_id, chunks in library.chunks_by_article().items():
            self.finder().prepare(chunks, library.articles)
            questions_in(
                headings(chunks),
                library.articles,
                self.finder().answers,
                names_subject=library.subjects.first_in,
                limit=len(chunks),
            )
            yield article_id

    @property
    def sample(self) -> bool:
        """Whether an article that was last found live is a demonstration, reviewed by no clinician.

        Known without asking the store, which may hang: a page that draws help reads this first.
        """
        known = self.library_at_hand
        return known is not None and any(article.sample for article in known.articles.values())

    def article(self, article_id: str) -> Article | None:
        """A live article, for showing a citation in its place."""
        try:
            return self.library().articles.get(article_id)
        except Exception as error:  # the words quoted are in the citation
            log.error("article not found: %s", type(error).__name__)
            return None

    def starters(self, language: Language) -> tuple[str, ...]:
        """Questions to begin with; empty when nothing is live."""
        try:
            library = self.library()
            today = self.today()
            found = self._starters.get((library.id, today, language))
            if found is None:
                found = library.starters(language, today, self.finder())
                kept = {k: v for k, v in self._starters.items() if k[:2] == (library.id, today)}
                self._starters = kept | {(library.id, today, language): found}
            return found
        except Exception as error:  # the page begins without them
            log.error("no questions to start with: %s", type(error).__name__)
            return ()


def load_assistant(settings: Settings) -> Assistant:
    """An assistant over the configured store. A missing store or model shows in its answers."""
    return Assistant(settings)


def _remembered(turn: Turn) -> str:
    """What the visitor said, and of a reply no more than replies ever have: it may be made up."""
    return turn.text if turn.role == "user" else turn.text[:_LONGEST_REPLY]


def _composed(text: str) -> str:
    """With letters as articles have them: "ó" is one."""
    return unicodedata.normalize("NFC", text)
