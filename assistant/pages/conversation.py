"""A visitor's conversation. It lives in that visitor's session and nowhere else."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from time import monotonic
from typing import Protocol

from assistant import replies
from assistant.pages.background import begun
from assistant.settings import Practice, Settings, wording
from assistant.triage.cards import card
from assistant.types import Answer, Article, Card, Health, Language, Opinion, Triage, Turn
from assistant.usage import Usage

log = logging.getLogger(__name__)

KEPT = 100  # messages of a conversation that are read: triage looks at every one of them
ANSWERS = 16  # worked on at a time; more would only make each other slower, so they wait

_answering = BoundedSemaphore(ANSWERS)


class Answering(Protocol):
    """What the page asks of the assistant."""

    settings: Settings
    usage: Usage

    @property
    def practice(self) -> Practice: ...

    @property
    def sample(self) -> bool: ...

    def warm(self) -> None: ...

    def prepare(self) -> Iterator[str]: ...

    def health(self) -> Health: ...

    def ask(
        self,
        message: str,
        history: tuple[Turn, ...] = (),
        *,
        language: Language | None = None,
        times_shown: int = 0,
    ) -> Answer: ...

    def triage(self, message: str, history: tuple[Turn, ...] = ()) -> Triage: ...

    def starters(self, language: Language) -> tuple[str, ...]: ...

    def article(self, article_id: str) -> Article | None: ...


@dataclass(slots=True, kw_only=True, eq=False)
class Exchange:
    """A message and, as soon as there is one, its answer."""

    message: str
    answer: Answer | None = None
    reply: Future[Answer] | None = None
    stopped: bool = False
    turn: int = 0  # which answer of this visit it is, counted from 1
    opinions: list[Opinion] = field(default_factory=list)

    @property
    def waiting(self) -> bool:
        return self.answer is None and not self.stopped

    @property
    def for_visit(self) -> bool:
        """Whether it is a question to bring along: an answer or a refusal, not a greeting."""
        answer = self.answer
        return answer is not None and (
            answer.kind in {"answer", "no_answer", "unavailable"} or bool(answer.excerpts)
        )


@dataclass(slots=True, kw_only=True)
class Conversation:
    """All that is remembered of a visit."""

    language: Language
    exchanges: list[Exchange] = field(default_factory=list)
    visit: list[Exchange] = field(default_factory=list)
    card: Card | None = None
    urgent: Triage | None = None  # what the card was shown for
    cards_shown: int = 0
    turns: int = 0
    editing: bool = False
    asked_at: deque[float] = field(default_factory=deque)

    def send(self, message: str, assistant: Answering) -> None:
        """Takes in what was typed: anew, or in place of the question that is being edited.

        A call for help waits behind no other question: those are stopped, to be asked again. It is
        read alone, as what an earlier call makes urgent has its card already.
        """
        if assistant.triage(message).urgent:
            for exchange in self.exchanges:
                self.stop(exchange, assistant)
        if self.editing:
            self.replace_last(message)
        else:
            self.add(message)

    def add(self, message: str) -> None:
        """Takes a message in; several may wait, and each is answered once, in order."""
        if message.strip():
            self.exchanges.append(Exchange(message=message.strip()))
            self.editing = False

    def pick(self, message: str, after: int) -> None:
        """Takes in a question that the page offered after so many exchanges. A second tap on it
        finds one more, and asks nothing.
        """
        if len(self.exchanges) == after:
            self.add(message)

    def replace_last(self, message: str) -> None:
        """Takes a message in, in place of the last one and its answer."""
        if message.strip() and self.exchanges:
            self.exchanges.pop()
        self.add(message)

    @property
    def editable(self) -> Exchange | None:
        """The last question, once it is settled. A call for help is not taken back: the card stays
        and so does what the assistant must remember of it.
        """
        last = self.exchanges[-1] if self.exchanges else None
        if last is None or last.waiting or (last.answer is not None and last.answer.card):
            return None
        return last

    def clear(self) -> None:
        """Begins anew. A crisis card stays, and so does what was put aside for the visit."""
        self.exchanges = []
        self.editing = False

    def erased(self) -> Conversation:
        """A visit of which nothing is left but its language, and how fast it has been asking."""
        return Conversation(language=self.language, asked_at=self.asked_at)

    def speak(self, language: Language, practice: Practice) -> None:
        """Changes the language of the page; help must be in the one that is read."""
        self.language = language
        if self.card is not None and self.urgent is not None:
            self.card = card(self.urgent, language, overrides=practice.cards)

    def keep(self, exchange: Exchange) -> None:
        """Puts a question on the sheet for the visit, once."""
        if exchange.for_visit and exchange not in self.visit:
            self.visit.append(exchange)

    def drop(self, exchange: Exchange) -> None:
        """Takes a question off the sheet."""
        if exchange in self.visit:
            self.visit.remove(exchange)

    @property
    def history(self) -> tuple[Turn, ...]:
        """The answered part, for the assistant to understand a follow-up."""
        turns = []
        for exchange in self.exchanges:
            if exchange.answer is not None:
                turns.append(Turn(role="user", text=exchange.message))
                turns.append(Turn(role="assistant", text=exchange.answer.text))
        return tuple(turns[-KEPT:])

    def begin(self, exchange: Exchange, assistant: Answering) -> Future[Answer]:
        """Starts to answer a waiting exchange; a page that is run again finds the same reply."""
        if exchange.reply is None:
            exchange.reply = self._reply(exchange, assistant)
        return exchange.reply

    def take(self, exchange: Exchange) -> None:
        """Takes the finished reply as the answer, and remembers its card.

        Nothing in here calls Streamlit, which may end a script wherever it is called: so an
        exchange is either answered, once, or still waiting for the next run.
        """
        reply, exchange.reply = exchange.reply, None
        if reply is None:
            return
        try:
            answer = reply.result()
        except Exception:  # the page says that it failed; "Ask again" is then the visitor's choice
            exchange.stopped = True
            raise
        if answer.card is not None and (self.card is None or not answer.triage.remembered):
            self.card, self.urgent = answer.card, answer.triage
            self.cards_shown += 1
        self.turns += 1
        exchange.answer, exchange.turn = answer, self.turns

    def answer(self, exchange: Exchange, assistant: Answering) -> None:
        """Begins, waits and takes: for who has nothing else to do meanwhile."""
        self.begin(exchange, assistant)
        self.take(exchange)

    def stop(self, exchange: Exchange, assistant: Answering) -> None:
        """Gives up on a reply that is on its way. Help that is on its way can't be stopped; what an
        earlier call makes urgent has its card already.
        """
        if not exchange.waiting:
            return
        read = assistant.triage(exchange.message, self.history)
        if read.remembered or not read.urgent:
            exchange.stopped, exchange.reply = True, None

    def again(self, exchange: Exchange) -> None:
        """Asks anew what was stopped: now, after all that has been said since."""
        if exchange.stopped and exchange in self.exchanges:
            exchange.stopped, self.editing = False, False
            self.exchanges.remove(exchange)
            self.exchanges.append(exchange)

    def rate(self, exchange: Exchange, opinion: Opinion, assistant: Answering) -> None:
        """Counts what the visitor thinks of an answer, each opinion once, and nothing else."""
        if exchange.answer is None or opinion in exchange.opinions:
            return
        exchange.opinions.append(opinion)
        try:
            assistant.usage.rate(exchange.answer, opinion)
        except Exception as error:  # counting never stands between a visitor and the page
            log.error("opinion not counted: %s", type(error).__name__)

    def _reply(self, exchange: Exchange, assistant: Answering) -> Future[Answer]:
        message, history = exchange.message, self.history
        language, shown = self.language, self.cards_shown
        if self._too_fast(assistant.settings.questions_per_minute):
            triage = assistant.triage(message)  # alone: else one urgent message lifts the limit
            if not triage.urgent:
                return _done(_too_many(triage, language, assistant.practice))

        def reply() -> Answer:
            # Read here, alone again, and not where the page would wait for it.
            with nullcontext() if assistant.triage(message).urgent else _answering:
                return assistant.ask(message, history, language=language, times_shown=shown)

        return begun(reply, name="reply")

    def _too_fast(self, limit: int) -> bool:
        now = monotonic()
        while self.asked_at and now - self.asked_at[0] > 60:
            self.asked_at.popleft()
        if len(self.asked_at) >= limit:
            return True
        self.asked_at.append(now)
        return False


def _done(answer: Answer) -> Future[Answer]:
    reply: Future[Answer] = Future()
    reply.set_result(answer)
    return reply


def _too_many(triage: Triage, language: Language, practice: Practice) -> Answer:
    lead = wording(language)["reply"]["too_many"]
    referral = replies.referral(language, practice)
    return Answer(
        kind="unavailable",
        triage=triage,
        lead=lead,
        referral=referral,
        text=f"{lead}\n\n{referral}",
        actions=replies.ways_to_reach(language, practice),
        language=language,
    )
