"""Is this sentence supported by that quote? Deterministic, and "no" when in doubt.

Used on sentences that a language model wrote. A sentence passes only if it says nothing that the
quote does not say: the same numbers, the same negation and certainty, no foreign names, and
nearly all of its words. A fluent sentence that fails one of these is not shown.
"""

from __future__ import annotations

import re
from collections import Counter

from assistant.text import terms, words

MIN_COVERAGE = 0.75  # of the sentence's stems that the quote must contain

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*\s*%?")
_NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve half third quarter dozen "
    "twice hundred thousand million first second dos tres cuatro cinco seis siete ocho nueve diez "
    "once doce".split()
)
_NEGATIONS = frozenset(
    "not no never none neither nor without cannot can't won't don't doesn't didn't isn't aren't "
    "wasn't weren't hasn't haven't shouldn't couldn't wouldn't rarely seldom hardly unlikely "
    "lack lacks fails failed nunca sin jamas".split()
)
_HEDGES = frozenset(
    "may might could can possibly perhaps often sometimes usually generally believed thought "
    "suggest suggests suggested appears seems some many most likely probably about approximately "
    "around up".split()
)
_STRONG = frozenset(
    "always all every only must cures cure cured guaranteed guarantee proven proves completely "
    "safe definitely certainly best permanently immediately".split()
)
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][A-Za-z]+(?:-[A-Za-z]+)*\b")


def unsupported(sentence: str, quote: str) -> str:
    """Why the quote does not support the sentence; the empty string when it does."""
    said, source = words(sentence), words(quote)
    if not terms(sentence):
        return "it says nothing that could be checked"
    if extra := _numbers(sentence) - _numbers(quote):
        return f"number not in the quote: {', '.join(sorted(extra))}"
    if extra := number_words(said) - set(source):
        return f"number not in the quote: {', '.join(sorted(extra))}"
    if extra := {name for name in _NAME.findall(sentence) if name.lower() not in source}:
        return f"name not in the quote: {', '.join(sorted(extra))}"
    if negations(said) != negations(source) and not _contained(said, source):
        return "negated otherwise than the quote"
    if extra := (set(said) & _STRONG) - set(source):
        return f"stronger than the quote: {', '.join(sorted(extra))}"
    if set(source) & _HEDGES and not set(said) & _HEDGES and not _contained(said, source):
        return "surer than the quote"
    covered = coverage(sentence, quote)
    if covered < MIN_COVERAGE:
        return f"only {covered:.0%} of its words are in the quote"
    return ""


def supported(sentence: str, quote: str) -> bool:
    """Whether everything that the sentence says stands in the quote."""
    return not unsupported(sentence, quote)


def coverage(sentence: str, quote: str) -> float:
    """Share (0..1) of the sentence's stems that occur in the quote."""
    needed = set(terms(sentence))
    return len(needed & set(terms(quote))) / len(needed) if needed else 0.0


def _numbers(text: str) -> set[str]:
    return {re.sub(r"\s", "", number).rstrip(".,") for number in _NUMBER.findall(text)}


def negations(tokens: list[str]) -> Counter[str]:
    """The words that deny or take away, of both languages, each as often as it stands there."""
    return Counter(token for token in tokens if token in _NEGATIONS)


def number_words(tokens: list[str]) -> set[str]:
    """The numbers that are written as words."""
    return set(tokens) & _NUMBER_WORDS


def _contained(said: list[str], source: list[str]) -> bool:
    """Whether the words are a stretch of the quote itself: then it negates and hedges alike."""
    width = len(said)
    return any(source[i : i + width] == said for i in range(len(source) - width + 1))
