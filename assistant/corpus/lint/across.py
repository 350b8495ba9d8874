"""Articles beside each other: nearly the same text, and numbers that do not agree."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from assistant.corpus.lint.draft import Draft, quoted
from assistant.text import terms, words
from assistant.types import Finding, Span

SHINGLE = 5  # words
NEARLY_SAME = 0.5  # of the shorter article's stretches of five words
SAME_TOPIC = 0.5  # of all terms of two sentences, numbers left out
MIN_SHARED = 3  # terms
RARE = 0.05  # of all articles, and 5 of them at least: a term in more of them names no topic
_COMMON = 50  # what stands in more places than this (a footer, a common word) tells nothing

_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "dos": 2, "tres": 3, "cuatro": 4,
    "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "doce": 12,
}  # fmt: skip
# One plain number; not a piece of a version or a telephone number ("1.800.222.1222").
_DIGITS = r"(?<!\d[.,])\d+(?:,\d{3})*(?:\.\d+)?(?![.,]?\d)"
_NUMBER = rf"{_DIGITS}|{'|'.join(_NUMBER_WORDS)}"
_AMOUNT = re.compile(
    rf"\b({_NUMBER})(?:\s*(?:to|or|and|–|-|a|o)\s*({_NUMBER}))?\s*(%|[^\W\d_]+)", re.IGNORECASE
)
_ONCE = re.compile(r"\bonce(?= (?:a|per|every|daily)\b)", re.IGNORECASE)
_TWICE = re.compile(r"\btwice\b", re.IGNORECASE)
_CITED = re.compile(r"\([^()]*\d{4}[^()]*\)|\b(?:19|20)\d{2}\b")


def near_duplicates(drafts: Sequence[Draft]) -> Iterator[Finding]:
    """Pairs of articles of which one says again much of what the other says."""
    pieces = [_shingles(draft) for draft in drafts]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, own in enumerate(pieces):
        for shingle in own:
            places[shingle].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for numbers in places.values():
        if len(numbers) <= _COMMON:
            shared.update(combinations(numbers, 2))
    for (one, other), count in sorted(shared.items()):
        share = count / max(1, min(len(pieces[one]), len(pieces[other])))
        if share >= NEARLY_SAME:
            yield drafts[other].finding(
                "duplicate",
                f"{share:.0%} of the words are those of {drafts[one].article.path}. Keep one of "
                "the two, or make them differ",
            )


def _shingles(draft: Draft) -> set[tuple[str, ...]]:
    said = [word for sentence in draft.sentences for word in words(sentence.text)]
    return {tuple(said[i : i + SHINGLE]) for i in range(len(said) - SHINGLE + 1)}


@dataclass(frozen=True, slots=True)
class _Claim:
    """A sentence that gives amounts: what it is about, and least and most for each unit."""

    draft: Draft
    sentence: Span
    topic: frozenset[str]
    amounts: dict[str, tuple[float, float]]


def contradictions(drafts: Sequence[Draft]) -> Iterator[Finding]:
    """Sentences of two articles on the same topic whose numbers have nothing in common."""
    claims = [claim for draft in drafts for claim in _claims(draft)]
    for first, second in _on_one_topic(claims, len(drafts)):
        one, other = claims[first], claims[second]
        if unit := _disagree(one, other):
            where = other.draft.line(other.sentence.start)
            yield one.draft.finding(
                "contradiction",
                f"{quoted(one.sentence.text)} and {other.draft.article.path}"
                f"{f', line {where}' if where else ''}, {quoted(other.sentence.text)}, seem to "
                f"disagree ({_shown(one, unit)}, {_shown(other, unit)}). Check both, and correct "
                "the one that is wrong",
                one.sentence.start,
            )


def _on_one_topic(claims: Sequence[_Claim], articles: int) -> list[tuple[int, int]]:
    """Pairs of claims of different articles that share a term which few articles use."""
    places: dict[str, list[int]] = defaultdict(list)
    for number, claim in enumerate(claims):
        for term in claim.topic:
            places[term].append(number)
    pairs: set[tuple[int, int]] = set()
    for numbers in places.values():
        if len(numbers) > _COMMON:
            continue
        if len({id(claims[number].draft) for number in numbers}) <= max(5, RARE * articles):
            pairs.update(combinations(numbers, 2))
    return sorted(pair for pair in pairs if claims[pair[0]].draft is not claims[pair[1]].draft)


def _claims(draft: Draft) -> Iterator[_Claim]:
    for sentence in draft.prose:
        plain = _TWICE.sub("2 times", _ONCE.sub("1 times", _CITED.sub("", sentence.text)))
        amounts: dict[str, tuple[float, float]] = {}
        for least, most, unit in _AMOUNT.findall(plain):
            low, high = sorted((_value(least), _value(most or least)))
            key = _unit(unit, draft)
            before = amounts.get(key, (low, high))
            amounts[key] = (min(low, before[0]), max(high, before[1]))
        topic = frozenset(
            term for term in terms(plain, draft.article.language) if not re.match(r"\d", term)
        )
        if amounts and len(topic) >= MIN_SHARED:
            yield _Claim(draft, sentence, topic, amounts)


def _disagree(one: _Claim, other: _Claim) -> str:
    """The unit in which two claims about the same thing have no amount in common, or nothing."""
    if one.draft.article.language != other.draft.article.language:
        return ""
    shared = one.topic & other.topic
    if len(shared) < max(MIN_SHARED, SAME_TOPIC * len(one.topic | other.topic)):
        return ""
    for unit in sorted(one.amounts.keys() & other.amounts.keys()):
        (low, high), (least, most) = one.amounts[unit], other.amounts[unit]
        if high < least or most < low:
            return unit
    return ""


def _unit(word: str, draft: Draft) -> str:
    return "%" if word in ("%", "percent") else " ".join(terms(word, draft.article.language))


def _value(text: str) -> float:
    known = _NUMBER_WORDS.get(text.lower())
    return float(known) if known else float(text.replace(",", ""))


def _shown(claim: _Claim, unit: str) -> str:
    low, high = claim.amounts[unit]
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
