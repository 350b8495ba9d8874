"""A follow-up becomes a question that stands alone, without a language model.

The subject of the conversation is the treatment, condition or topic that the visitor named last,
whether an article is about it or not; failing that, what the visitor was last shown as quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.conversation.follow_ups import resolve
from assistant.conversation.parts import parts
from assistant.conversation.subjects import Subjects
from assistant.types import Language, Question, Turn

# What the visitor was shown as quoted, in the text of a reply: “…” [1]. A list has several lines.
_QUOTED = re.compile(r"^“(.+?)” \[\d+\]$", re.MULTILINE | re.DOTALL)
# Says nothing about a subject, so the one before it stays.
_POLITE = re.compile(
    r"¡?(?:(?:thanks?(?: you)?(?: so much| very much)?|ok(?:ay)?|great|good|got it|i see|cool|yes|"
    r"no|muchas gracias|gracias|vale|bien|perfecto|s[ií])\b[\s.!,]*)+",
    re.IGNORECASE,
)


def questions(
    message: str, history: Sequence[Turn], subjects: Subjects, language: Language = "en"
) -> list[Question]:
    """The one to three questions in a message, each made to stand alone.

    `language` is what a message is in that does not tell ("riesgos?").
    """
    context = ""
    for turn in history:
        if turn.role == "user" and not _POLITE.fullmatch(turn.text.strip()):
            context = resolve(_on_one_line(turn.text), context, subjects, language)
    if context and not subjects.first_in(context):
        context = f"{context} {_subject_of_quotations(history, subjects)}".strip()
    found = []
    for part in parts(_on_one_line(message), subjects):
        alone = resolve(part, context, subjects, language)
        found.append(Question(original=part, standalone=alone, language=language))
        context = alone if subjects.first_in(alone) else context
    return found


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _subject_of_quotations(history: Sequence[Turn], subjects: Subjects) -> str:
    """The subject of what was last quoted; suggestions and the practice's own name are none."""
    for turn in reversed(history):
        quoted = " ".join(_QUOTED.findall(turn.text)) if turn.role == "assistant" else ""
        if subject := subjects.first_in(quoted):
            return subject
    return ""


__all__ = ["Subjects", "questions"]
