"""The questions in one message: "Is it safe, and how long does it take?" asks two."""

from __future__ import annotations

import re

from assistant.conversation.subjects import Subjects
from assistant.text import words

# Between two questions: the end of the first, or an "and" with a question of its own after it.
_GAP = re.compile(r"(?<=\?)\s+(?=[\w¿])|,?\s+(?:and|y)\s+", re.IGNORECASE)
_ASKS = re.compile(
    r"(?:what|which|who|why|how|¿|qu[eé]|cu[aá]l|cu[aá]nto|c[oó]mo|cu[aá]ndo|por qu[eé]|es)\b|"
    r"(?:(?:when|where)\s+)?(?:is|are|was|do|does|did|can|could|will|would|should|has|have)\s+"
    r"(?P<whom>\w+)",
    re.IGNORECASE,
)
_SOMEBODY = frozenset(
    "i you it they we he she there the this that these those my your his her our their a an".split()
)
_OF_TWO = re.compile(r"\b(?:between|differ\w*|compare\w*|entre|diferencia)\b", re.IGNORECASE)
_MOST_PARTS = 3


def parts(text: str, subjects: Subjects) -> list[str]:
    """A message cut where one question ends and the next begins."""
    found: list[str] = []
    start = 0
    for gap in _GAP.finditer(text):
        before, after = text[start : gap.start()], text[gap.end() :]
        ends = before.endswith("?")
        if len(found) == _MOST_PARTS - 1 or len(words(after)) < 2:
            break
        if len(words(before)) >= (2 if ends else 3) and (ends or _asks(before, after, subjects)):
            found.append(before.strip())
            start = gap.end()
    return [*found, text[start:].strip()]


def _asks(before: str, after: str, subjects: Subjects) -> bool:
    """Whether a question of its own follows an "and"."""
    asked = _ASKS.match(after)
    if not asked or _OF_TWO.search(before):
        return False
    whom = asked["whom"]
    return whom is None or whom.lower() in _SOMEBODY or bool(subjects.first_in(whom))
