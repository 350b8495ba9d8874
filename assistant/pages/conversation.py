"""A visitor's conversation. It lives in that visitor's session and nowhere else."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from assistant import replies
from assistant.settings import Practice, Settings, wording
from assistant.types import Answer, Article, Card, Health, Language, Triage, Turn


class Answering(Protocol):
    """What the page asks of the assistant."""

    settings: Settings
    practice: Practice

    @property
    def sample(self) -> bool: ...

    def warm(self) -> None: ...

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
    cards_shown: int = 0
    asked_at: deque[float] = field(default_factory=deque)

    def add(self, message: str) -> None:
        """Takes a message in; several may wait, and each is answered once, in order."""
        if message.strip():
            self.exchanges.append(Exchange(message=message.strip()))

    def clear(self) -> None:
        """Begins anew. A crisis card stays, and so does what was put aside for the visit."""
        self.exchanges = []

    def keep(self, exchange: Exchange) -> None:
        """Puts a question on the sheet for the visit, once."""
        if exchange.for_visit and exchange not in self.visit:
            self.visit.append(exchange)

    def drop(self, exchange: Exchange) -> None:
        """Takes a question off the sheet."""
        if exchange in self.visit:
            self.visit.remove(exchange)

    @property
    def waiting(self) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if exchange.answer is None]

    @property
    def history(self) -> tuple[Turn, ...]:
        """The answered part, for the assistant to understand a follow-up."""
        turns = []
        for exchange in self.exchanges:
            if exchange.answer is not None:
                turns.append(Turn(role="user", text=exchange.message))
                turns.append(Turn(role="assistant", text=exchange.answer.text))
        return tuple(turns)

    def answer(self, exchange: Exchange, assistant: Answering) -> None:
        """Answers a waiting exchange and remembers its card.

        Nothing in here calls Streamlit, which may end a script wherever it is called: so an
        exchange is either answered, once, or still waiting for the next run.
        """
        answer = self._reply(exchange, assistant)
        if answer.card is not None and (self.card is None or not answer.triage.remembered):
            self.card = answer.card
            self.cards_shown += 1
        exchange.answer = answer

    def _reply(self, exchange: Exchange, assistant: Answering) -> Answer:
        history = self.history
        if self._too_fast(assistant.settings.questions_per_minute):
            triage = assistant.triage(exchange.message, history)
            if not triage.urgent:
                return _too_many(triage, self.language, assistant.practice)
        return assistant.ask(
            exchange.message, history, language=self.language, times_shown=self.cards_shown
        )

    def _too_fast(self, limit: int) -> bool:
        now = monotonic()
        while self.asked_at and now - self.asked_at[0] > 60:
            self.asked_at.popleft()
        if len(self.asked_at) >= limit:
            return True
        self.asked_at.append(now)
        return False


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
