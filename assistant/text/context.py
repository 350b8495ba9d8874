"""Sentences that mean something else, or nothing, without their neighbours.

A sentence may lean on the one before it ("They often fade.") or take it back ("This is a myth.").
Whoever cuts a text asks here what must stay together, and adds in its own place what it is stricter
or laxer about: quotations (`answering/spans.py`) and the check of what a model wrote
(`grounding.py`).
"""

from __future__ import annotations

import re

# A sentence that opens with one of these points at what was said before it.
_PHRASES = (
    "in addition", "in contrast", "by contrast", "as a result", "even so", "for example",
    "for instance", "one such", "the same", "the latter", "the former", "when this", "if this",
    "if so", "lo mismo", "sin embargo", "por ello", "por lo tanto", "por tanto", "en cambio",
)  # fmt: skip
_OPENERS = (
    "these those this that it its they their them he she his her such both neither either other "
    "others another however but and or so also similarly likewise instead still yet then therefore "
    "thus hence otherwise nevertheless moreover furthermore afterward afterwards este esta esto "
    "estos estas ese esa eso esos esas ellos ellas ambos ambas ninguno otro otra otros otras pero "
    "además también así entonces"
).split()
_LEANS = re.compile(
    rf"\W*(?:{'|'.join(_PHRASES)}|"
    r"(?:(?:in|for|with|without|because of|en|por|con|sin|a pesar de) )?"
    rf"(?:{'|'.join(_OPENERS)}))\b",
    re.IGNORECASE,
)
# What limits or denies the sentence before it, and is nothing without it: "This is a myth." Spanish
# needs no pronoun: "No es cierto."
_DENIES = re.compile(
    r"\W*(?:"
    r"(?:but|however|yet|even so|in contrast|by contrast|in fact|actually|only do|"
    r"pero|sin embargo|en cambio|en realidad|de hecho)\b|"
    r"(?:this|that|these|it|they|esto|eso)\b[^.]*?"
    r"(?:\b(?:(?:can)?not|never|no longer|no (?:proof|evidence|basis|truth)|myth|misconception|"
    r"false|wrong|untrue|refuted|disproved|until|no es|nunca|mito|falso)\b|n['’]t\b)|"
    r"there is no\b[^.]*\b(?:this|these|it)\b|"
    r"(?:es (?:falso|mentira|un mito)|no es (?:cierto|verdad|así))\b)",
    re.IGNORECASE,
)
# So is what has both of these: "No study has shown that."
_NOT = re.compile(
    r"\b(?:(?:can)?not|no|never|nobody|nothing|none|nunca|nadie|nada)\b|n['’]t\b", re.IGNORECASE
)
_ENDS_IN_THAT = re.compile(r"\b(?:this|that|esto|eso|ello|así)[.!]\W*$", re.IGNORECASE)
# What may be about the sentence before it, and says something alone: "There is no proof that…".
_DENIES_ALONE = re.compile(r"\W*(?:there is no|no hay)\b[^.]*\b(?:that|que)\b", re.IGNORECASE)


def leans(sentence: str) -> bool:
    """Whether a sentence means little or something else without the one before it."""
    return bool(_LEANS.match(sentence)) or _denies(sentence)


def takes_back(sentence: str) -> bool:
    """Whether a sentence limits or denies the one before it: never shown one without the other."""
    return _denies(sentence) or bool(_DENIES_ALONE.match(sentence))


def _denies(sentence: str) -> bool:
    if _DENIES.match(sentence):
        return True
    return bool(_NOT.search(sentence) and _ENDS_IN_THAT.search(sentence))
