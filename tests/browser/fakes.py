"""An assistant that behaves: it answers from one article, and knows urgent words."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date

from assistant.settings import Practice, Settings
from assistant.types import (
    Action,
    Answer,
    Article,
    Card,
    Citation,
    Excerpt,
    Health,
    Language,
    Reference,
    Triage,
    Turn,
)

HOSTILE = '<img src=x onerror="window.hacked=1">'

BODY = f"""# Ketamine <b>for</b> depression

## How fast does it work?

Ketamine can ease low mood within hours. These effects often fade in days
unless treatment goes on.

- It is given in a clinic.
- Staff watch blood pressure.

## Risks {HOSTILE}

Some people feel unreal for an hour or two.
"""

QUOTE = "Ketamine can ease low mood within hours."
SECOND = "Staff watch blood pressure."

ARTICLE = Article(
    id="ketamine",
    title="Ketamine <b>for</b> depression",
    body=BODY,
    approved_by="A. Reviewer <i>MD</i>",
    approved_on=date(2026, 3, 4),
    review_by=date(2027, 3, 4),
    path="articles/ketamine.md",
    content_hash="0",
    url="https://www.example.org/ketamine",
    sample=True,
    references=(
        Reference(key="z", text="Zarate and others (2006).", doi="10.1001/archpsyc.63.8.856"),
        Reference(key="x", text=HOSTILE, url="javascript:window.hacked=1"),
    ),
)

CARD = Card(
    label="crisis",
    language="en",
    title="You can talk with someone right now",
    paragraphs=("I'm glad that you wrote this.", "I'm an AI program and can't call for you."),
    actions=(
        Action(text="Call 988", href="tel:988"),
        Action(text="Text 988", href="sms:988"),
        Action(text="Call 911", href="tel:911"),
        Action(text="Chat online", href="https://988lifeline.org/chat/"),
    ),
    closing="You can keep writing here.",
)


def _citation(number: int, passage: str, heading: str) -> Citation:
    start = BODY.index(passage)
    return Citation(
        number=number,
        article_id=ARTICLE.id,
        title=ARTICLE.title,
        url=ARTICLE.url,
        heading_path=(ARTICLE.title, heading),
        quote=passage,
        start=start,
        end=start + len(passage),
        approved_on=ARTICLE.approved_on,
        references=ARTICLE.references,
    )


@dataclass
class FakeAssistant:
    """Says the same as the real one would: cards for urgent words, quotations, refusals."""

    settings: Settings = field(default_factory=Settings)
    practice: Practice = field(
        default_factory=lambda: Practice(
            name="Mental Health and Wellness Associates", phone="+1 555 010 0199"
        )
    )
    sample: bool = True
    state: Health = field(default_factory=lambda: Health(ok=True))
    seconds: float = 0
    asked: list[str] = field(default_factory=list)
    histories: list[tuple[Turn, ...]] = field(default_factory=list)

    def warm(self) -> None: ...

    def health(self) -> Health:
        return self.state

    def starters(self, language: Language) -> list[str]:
        if not self.state.ok:
            return []
        return ["How fast does ketamine work?", "¿Qué es la TMS?"][:: 1 if language == "en" else -1]

    def article(self, article_id: str) -> Article | None:
        return ARTICLE if article_id == ARTICLE.id else None

    def triage(self, message: str, history: tuple[Turn, ...] = ()) -> Triage:
        urgent = "want to die" in message.lower() or "quiero morir" in message.lower()
        return Triage(label="crisis" if urgent else "information")

    def ask(
        self,
        message: str,
        history: tuple[Turn, ...] = (),
        *,
        language: Language | None = None,
        times_shown: int = 0,
    ) -> Answer:
        self.asked.append(message)
        self.histories.append(history)
        time.sleep(self.seconds)
        triage = self.triage(message)
        if "explode" in message:
            raise RuntimeError(f"could not digest {message}")
        base = Answer(
            kind="no_answer",
            triage=triage,
            referral="Please talk with a psychiatrist.",
            actions=(Action(text="Call the practice", href="tel:+15550100199"),),
            language=language or "en",
        )
        if triage.urgent:
            return _with(base, kind="safety", card=CARD, text=CARD.text)
        if not self.state.ok:
            return _with(base, kind="unavailable", lead="I can't look in our articles right now.")
        if "ketamine" not in message.lower():
            return _with(base, lead="Our approved articles do not answer that.", text="No answer.")
        return _with(
            base,
            kind="answer",
            lead="Here is what our approved articles say:",
            excerpts=(Excerpt(text=QUOTE, citation=1), Excerpt(text=SECOND, citation=2)),
            citations=(
                _citation(1, QUOTE, "How fast does it work?"),
                _citation(2, SECOND, "How fast does it work?"),
            ),
            suggestions=("What are the risks of ketamine?",),
            text=f"“{QUOTE}” [1] Please talk with a psychiatrist.",
        )


def _with(answer: Answer, **changes: object) -> Answer:
    from dataclasses import replace

    return replace(answer, **changes)  # type: ignore[arg-type]
