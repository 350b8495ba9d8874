"""A message with all that is known about it, and the beginning of every reply to it."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.types import Answer, Kind, Language, Triage, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A message with all that is known about it when it is answered."""

    message: str
    history: tuple[Turn, ...]
    triage: Triage
    language: Language
    times_shown: int


def draft(kind: Kind, request: Request, lead: str = "") -> Answer:
    """A reply that says no more than its lead."""
    return Answer(kind=kind, triage=request.triage, lead=lead, language=request.language)
