"""The read flow: from a visitor's message to everything that the reply consists of."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from threading import Lock
from typing import Protocol

from assistant import models, replies
from assistant.answering import ExtractiveAnswerer
from assistant.conversation import Subjects, standalone
from assistant.retrieval import Retriever, Searchable
from assistant.settings import Practice, Settings, load_practice
from assistant.store import open_store
from assistant.text.language import detect
from assistant.triage import Triager
from assistant.triage.cards import card, personal_advice_lead, resource_note
from assistant.types import (
    Answer,
    Answerer,
    Article,
    AssistantError,
    Citation,
    Embedder,
    Excerpt,
    Generation,
    Health,
    Kind,
    Language,
    Question,
    Reader,
    StoreCorrupt,
    StoreMismatch,
    StoreMissing,
    StoreUnreachable,
    Triage,
    Turn,
)
from assistant.usage import Usage

log = logging.getLogger(__name__)

# An amount next to a unit of medicine: under a personal question it could be taken for a dose.
_AMOUNT = re.compile(
    r"\d[\d.,]*\s*(?:mg|mcg|µg|g|ml|milligrams?|micrograms?|grams?|pills?|tablets?|units?|drops?|"
    r"miligramos?|pastillas?|tabletas?|gotas?)\b(?:/kg)?",
    re.IGNORECASE,
)


class Live(Searchable, Protocol):
    """A live generation, as the store hands it out."""

    @property
    def generation(self) -> Generation: ...


class Source(Protocol):
    """Where the live generation comes from: the store, or a candidate under test."""

    def live(self) -> Live: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One generation made ready for questions."""

    snapshot: Live
    retriever: Retriever
    subjects: Subjects

    @property
    def articles(self) -> Mapping[str, Article]:
        return self.snapshot.articles


class Assistant:
    """Answers visitors. One instance serves all of them and keeps nothing of what they say."""

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
        self.practice: Practice = load_practice(settings.corpus)
        self.usage = Usage()
        self._source = source
        self._embedder = embedder
        self._reader = reader
        self._today = today
        self._library: Library | None = None
        self._lock = Lock()

    # --- the read flow -----------------------------------------------------------------------

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
        triage = self.triage(message, history)
        tongue: Language = "es" if detect(message) == "es" else language or "en"
        try:
            answer = self._reply(message, history, triage, tongue, times_shown)
        except AssistantError as error:
            log.error("question not answered: %s", type(error).__name__)
            answer = self._unavailable(error, triage, tongue)
        except Exception as error:  # a visitor never meets a stack trace
            log.error("question not answered: unexpected %s", type(error).__name__)
            answer = self._unavailable(None, triage, tongue)
        try:
            self.usage.count(answer)
        except Exception as error:  # counting never stands between a visitor and an answer
            log.error("usage not counted: %s", type(error).__name__)
        return answer

    def triage(self, message: str, history: Sequence[Turn] = ()) -> Triage:
        """What kind of message this is. Needs no store; never raises."""
        return ready_triager().triage(message, history)

    def _reply(
        self,
        message: str,
        history: Sequence[Turn],
        triage: Triage,
        language: Language,
        times_shown: int,
    ) -> Answer:
        if triage.urgent:
            return self._card(message, history, triage, language, times_shown)
        if not message.strip():
            return self._fixed("no_answer", "empty", triage, language)
        if len(message) > self.settings.max_question_chars:
            return self._fixed("no_answer", "too_long", triage, language)
        if triage.label == "small_talk":
            text = replies.small_talk(message, language, self.practice)
            return self._compose("small_talk", triage, language, lead=text)
        if triage.label == "practice":
            text = replies.about_practice(message, language, self.practice)
            return self._compose("practice", triage, language, lead=text)
        if triage.label == "off_topic":
            return self._fixed("no_answer", "off_topic", triage, language)
        return self._search(message, history, triage, language, times_shown)

    def _card(
        self,
        message: str,
        history: Sequence[Turn],
        triage: Triage,
        language: Language,
        times_shown: int,
    ) -> Answer:
        """The card; under it the answer, where the message is a question after an urgent one."""
        shown = card(triage, language, times_shown=times_shown)
        alone = self.triage(message)
        answer = self._compose("safety", triage, language)
        if not alone.urgent and alone.label == "information":
            try:
                found = self._search(message, history, alone, language, times_shown)
                answer = replace(found, kind="safety", triage=triage)
            except Exception as error:  # the card is what matters
                log.error("no answer under the card: %s", type(error).__name__)
        return replace(answer, card=shown, text=_joined(shown.text, answer.text))

    def _search(
        self,
        message: str,
        history: Sequence[Turn],
        triage: Triage,
        language: Language,
        times_shown: int,
    ) -> Answer:
        library = self.library()
        question = standalone(message, history, library.subjects)
        if question.standalone != message.strip():
            again = self.triage(question.standalone)
            if again.urgent:
                return self._card(message, history, again, language, times_shown)
        today = self._today()
        passages = library.retriever.retrieve(question.standalone, today=today)
        found = self.answerer().answer(question, passages, library.articles)
        if triage.label == "personal_advice":
            found = [pair for pair in found if not _AMOUNT.search(pair[0].text)]
        if not found:
            return self._refusal(question, triage, language, library)
        return self._answered(found, triage, language, library)

    def _answered(
        self,
        found: Sequence[tuple[Excerpt, Citation]],
        triage: Triage,
        language: Language,
        library: Library,
    ) -> Answer:
        excerpts = tuple(excerpt for excerpt, _ in found)
        citations = tuple(citation for _, citation in found)
        articles = [library.articles[citation.article_id] for citation in citations]
        if triage.label == "personal_advice":
            lead = personal_advice_lead(triage, language)
        elif len({article.id for article in articles}) == 1:
            title = articles[0].title
            lead = replies.say(language, "reply", "answer_lead_one", self.practice, title=title)
        else:
            lead = replies.say(language, "reply", "answer_lead", self.practice)
        notes = []
        if language == "es" and all(article.language == "en" for article in articles):
            notes.append(replies.say(language, "reply", "language_note", self.practice))
        return self._compose(
            "answer",
            triage,
            language,
            lead=lead,
            excerpts=excerpts,
            citations=citations,
            notes=notes,
            generation=library.snapshot.generation,
        )

    def _refusal(
        self, question: Question, triage: Triage, language: Language, library: Library
    ) -> Answer:
        """Says that nothing answers, and what can be done next. No sources are listed."""
        if triage.label == "personal_advice":
            lead = personal_advice_lead(triage, language)
        else:
            lead = " ".join(
                replies.say(language, "reply", key, self.practice)
                for key in ("no_answer", "no_answer_next")
            )
        return self._compose(
            "no_answer", triage, language, lead=lead, generation=library.snapshot.generation
        )

    # --- replies -----------------------------------------------------------------------------

    def _fixed(self, kind: Kind, key: str, triage: Triage, language: Language) -> Answer:
        lead = replies.say(language, "reply", key, self.practice)
        return self._compose(kind, triage, language, lead=lead)

    def _unavailable(
        self, error: AssistantError | None, triage: Triage, language: Language
    ) -> Answer:
        if triage.urgent:  # the card is built from data alone; only what went with it failed
            shown = card(triage, language)
            answer = self._compose("safety", triage, language)
            return replace(answer, card=shown, text=_joined(shown.text, answer.text))
        key = "no_store" if isinstance(error, StoreMissing) else "unavailable"
        return self._fixed("unavailable", key, triage, language)

    def _compose(
        self,
        kind: Kind,
        triage: Triage,
        language: Language,
        *,
        lead: str = "",
        excerpts: tuple[Excerpt, ...] = (),
        citations: tuple[Citation, ...] = (),
        notes: Sequence[str] = (),
        suggestions: tuple[str, ...] = (),
        generation: Generation | None = None,
    ) -> Answer:
        """Every reply is made here, and so every reply carries the referral."""
        all_notes = [*notes, *([resource_note(language)] if triage.sensitive else [])]
        note = "\n".join(all_notes)
        referral = replies.referral(language, self.practice)
        quoted = [f"“{excerpt.text}” [{excerpt.citation}]" for excerpt in excerpts]
        return Answer(
            kind=kind,
            text=_joined(lead, *quoted, *suggestions, note, referral),
            triage=triage,
            referral=referral,
            lead=lead,
            excerpts=excerpts,
            citations=citations,
            note=note,
            suggestions=suggestions,
            actions=replies.ways_to_reach(language, self.practice),
            language=language,
            generation_id=generation.id if generation else "",
        )

    # --- what it works with ------------------------------------------------------------------

    def warm(self) -> None:
        """Loads the models and opens the store, so that the first visitor need not wait."""
        ready_triager()
        health = self.health()
        if health.ok:
            self.ask("What is depression?")

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
        today = self._today()
        if not any(article.in_date(today) for article in library.articles.values()):
            return Health(
                ok=False, reason="empty", message="No live article is in date; publish new ones."
            )
        return Health(ok=True)

    @property
    def sample(self) -> bool:
        """Whether a live article is a demonstration that no clinician has reviewed."""
        try:
            return any(article.sample for article in self.library().articles.values())
        except AssistantError:
            return False

    def article(self, article_id: str) -> Article | None:
        """A live article, for showing a citation in its place."""
        try:
            return self.library().articles.get(article_id)
        except AssistantError:
            return None

    def library(self) -> Library:
        """The live generation, made ready again whenever another one has been activated."""
        with self._lock:
            if self._source is None:
                self._source = open_store(self.settings.store)
            snapshot = self._source.live()
            current = self._library
            if current is None or current.snapshot.generation.id != snapshot.generation.id:
                self._library = current = self._made_ready(snapshot)
            return current

    def _made_ready(self, snapshot: Live) -> Library:
        if self._embedder is None:
            self._embedder = models.load_embedder(self.settings)
        built_with = snapshot.generation.embedder
        if built_with != self._embedder.fingerprint:
            raise StoreMismatch(
                f"The store was built with {built_with}, but {self._embedder.fingerprint} is set."
            )
        return Library(
            snapshot=snapshot,
            retriever=Retriever(snapshot, self._embedder),
            subjects=Subjects.of(snapshot.articles.values()),
        )

    def answerer(self) -> Answerer:
        if self._reader is None:
            self._reader = models.load_reader(self.settings)
        return ExtractiveAnswerer(self._reader)

    def audit(self) -> list[str]:
        """What is wrong with the store, in the operator's words; empty when nothing is."""
        return list(open_store(self.settings.store).audit())


@cache
def ready_triager() -> Triager:
    """Triage with its classifier; rules alone, with doubt going to the card, where it can't load."""
    try:
        return Triager(models.default_embedder())
    except AssistantError as error:
        log.error("triage without its classifier: %s", error)
        return Triager(None)


def load_assistant(settings: Settings) -> Assistant:
    """An assistant over the configured store. A missing store or model shows in its answers."""
    return Assistant(settings)


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
