"""Does that quote say this sentence? Word for word, and "no" when in doubt.

Used on sentences that a language model wrote. No list can tell which word may change, move or go
without changing the meaning ("have" for "avoid", "Lithium" for "Esketamine", "ketamine harms" out
of "misuse of ketamine harms"). So a sentence passes only if it stands in the quote with the same
words in the same order. All that may be missing are whole parts between commas or in brackets, of
the few kinds named here, and none that limits what is left. What fails is not shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from assistant.text import split, words
from assistant.text.context import leans, takes_back
from assistant.text.language import detect
from assistant.types import Language

_NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve half third quarter dozen "
    "twice hundred thousand million first second dos tres cuatro cinco seis siete ocho nueve diez "
    "once doce".split()
)
_NEGATIONS = frozenset(
    "not no never none nobody nothing neither nor without cannot can't won't don't doesn't didn't "
    "isn't aren't wasn't weren't hasn't haven't shouldn't couldn't wouldn't rarely seldom hardly "
    "unlikely lack lacks fails failed avoid avoids avoided avoiding stop stops stopped stopping "
    "less fewer nunca sin jamas tampoco ni ningun ninguno ninguna nadie nada menos evita evitan "
    "evitar evite eviten".split()
)
# With one of these a part may limit what stands around it, and so it has to stay.
_LIMITS = _NEGATIONS | frozenset(
    "only must should if when while until unless except but although though however unlike rather "
    "instead than just even few little rare alone myth myths false wrong untrue claim claims "
    "claimed say says said believe believes believed solo solamente unicamente debe deben si "
    "cuando mientras hasta salvo excepto pero aunque sino pocos pocas poco poca raro raros mito "
    "mitos falso falsa dice dicen".split()
)

_PARTS = re.compile(r"(\([^()]*\))|[,;:](?=\s)|\s+[–—-]\s+|\n+")
_LIST = re.compile(r"\n\s*(?:[-*+•]|\d{1,3}[.)])\s")
_SAME = str.maketrans("’‘“”‐‑", "''\"\"--")

# What may be left out. An opening that only tells where it was seen, never in whom ("In rats, …"):
_STUDY = re.compile(
    r"in (?:a|an|one) (?:(?:small|large|randomized|controlled|clinical|recent) )*"
    r"(?:trial|study|review)|en (?:un|una) (?:estudio|ensayo|revisión)",
    re.IGNORECASE,
)
# a source or an abbreviation in brackets: "(Short et al., 2018)", "(TMS)";
_SOURCE = re.compile(r"\((?:(?:[A-Z].*)?\b(?:19|20)\d\d[a-z]?|[A-Z]{2,6})\)")
# an explanation: ", a nasal spray, ", ", which is fast" (but not Spanish ", a corto plazo, ");
_ASIDE: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"(?:an?|which)\b", re.IGNORECASE),
    "es": re.compile(r"(?:una?|que|lo que|lo cual)\b", re.IGNORECASE),
}
# (not the main clause after an opening: "If nothing changes, a doctor may help");
_OPENING = re.compile(
    r"(?:in|on|at|for|with|without|to|of|after|before|during|if|when|while|as|because|unlike|next|"
    r"en|para|con|sin|a|de|antes|después|tras|durante|si|cuando|como|mientras)\b",
    re.IGNORECASE,
)
# a last part that makes a statement of its own: ", and the effect faded".
_TAIL = re.compile(
    r"and (?:the|an?|it|they|people)\b|so\b(?! long| far| that)|because\b|"
    r"y (?:el|las?|los|una?)\b|porque\b|así que\b|por lo que\b|ya que\b",
    re.IGNORECASE,
)
_ENDS_IN_IT = re.compile(r"\b(?:it|them|so)[.!]\W*$", re.IGNORECASE)


def supported(sentence: str, quote: str) -> bool:
    """Whether a sentence of the quote says this one, word for word but for parts that may go."""
    if leans(sentence):  # "It may harm the baby" says nothing without what "it" is
        return False
    said = [token for part in _parts(sentence) for token in _tokens(part)]
    # ", and the effect faded" is still the same when it stands alone, without its "and".
    ways = [said, ["and", *said], ["y", *said]] if words(sentence) else []
    return any(_says(statement, way) for statement in _statements(quote) for way in ways)


def _statements(quote: str) -> Iterator[str]:
    """The sentences of the quote that mean the same by themselves, without its others."""
    found = _sentences(quote)
    for index, sentence in enumerate(found, start=1):
        if not leans(sentence) and not _taken_back(found[index:]):
            yield sentence


def _taken_back(following: Iterable[str]) -> bool:
    """Whether what follows a sentence and is about it denies or limits it: "This is a myth."

    Stricter than what may be quoted: every word that limits counts, a last "it" may be what the
    sentence said, and one further on may deny it ("They mean well. This is a myth.").
    """
    for after in following:
        if takes_back(after) or (_limits(after) and (leans(after) or _ENDS_IN_IT.search(after))):
            return True
        if not leans(after):
            return False
    return False


def _sentences(quote: str) -> list[str]:
    """A list is one sentence with its lead-in: "Do not:" rules over every item."""
    items = _LIST.search(quote)
    start = items.start() if items else len(quote)
    found = [span.text for span in split(quote[:start])]
    return [*found[:-1], "".join(found[-1:]) + quote[start:]]


def _says(statement: str, said: list[str]) -> bool:
    """Whether the statement's parts, without some that may go, are exactly what is said."""
    parts = _parts(statement)
    may_go = _may_go(parts, detect(statement, default="es"))
    reached = {0}  # how many of the said tokens the parts so far can account for
    for index, part in enumerate(parts):
        tokens = _tokens(part)
        kept = {at + len(tokens) for at in reached if said[at : at + len(tokens)] == tokens}
        reached = kept | reached if index in may_go else kept
    return len(said) in reached


def _may_go(parts: list[str], language: Language) -> set[int]:
    """The parts without which the sentence says nothing else, only less."""
    last = max((i for i, part in enumerate(parts) if not part.startswith("(")), default=0)
    found = {0} if parts and _STUDY.fullmatch(parts[0]) else set()
    opened = not found and parts and _OPENING.match(parts[0])
    for index, part in enumerate(parts[1:], start=1):
        aside = _ASIDE[language].match(part) and not (opened and index == 1)
        added = aside or _SOURCE.fullmatch(part)
        if added or (index == last and _TAIL.match(part)):
            found.add(index)
    return {index for index in found if not _limits(parts[index])}


def _limits(text: str) -> bool:
    return not _LIMITS.isdisjoint(words(text))


def _parts(text: str) -> list[str]:
    """The stretches between commas, colons, dashes and lines, and what stands in brackets."""
    return [part.strip() for part in _PARTS.split(text) if part and _tokens(part)]


def _tokens(text: str) -> list[str]:
    """Words as written, with accents, signs and quotation marks: "50%" is not "50"."""
    plain = unicodedata.normalize("NFC", text).translate(_SAME).casefold()
    return [token for word in plain.split() if (token := word.rstrip(".,;:!"))]


def negations(tokens: list[str]) -> Counter[str]:
    """The words that deny or take away, of both languages, each as often as it stands there."""
    return Counter(token for token in tokens if token in _NEGATIONS)


def number_words(tokens: list[str]) -> set[str]:
    """The numbers that are written as words."""
    return set(tokens) & _NUMBER_WORDS
