"""Spans that were found for a question: in order, without repetition, each with its citation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.corpus import cited_in
from assistant.grounding import negations, number_words
from assistant.text import terms, words
from assistant.types import Article, Citation, Excerpt, Span

SAME = 0.5  # share of a span's stems that another says already: nothing new
_NUMBER = re.compile(r"(?<![\w(])\d[\d.,]*(?:\s?%)?(?!\d*\))")  # years of citations left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A span that answers, with the reader's probability that it does.

    `noted` is a question that editors noted for it, if one is like the visitor's.
    """

    article: Article
    span: Span
    heading_path: tuple[str, ...]
    score: float
    noted: str = ""


def best_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """By score; of equals the shorter one: a visitor should not read more than answers."""
    return sorted(
        candidates, key=lambda c: (-c.score, len(c.span.text), c.article.id, c.span.start)
    )


def without_repetition(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that add something to the ones before them, best first."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if not any(_says_the_same(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def _says_the_same(candidate: Candidate, other: Candidate) -> bool:
    """Mostly the same words; unless another article gives other numbers, which must be seen."""
    if overlap(candidate, other):
        return True
    new = set(terms(candidate.span.text, candidate.article.language))
    shared = new & set(terms(other.span.text, other.article.language))
    contradicts = candidate.article.id != other.article.id and _contradict(
        candidate.span.text, other.span.text
    )
    return len(shared) >= SAME * len(new) and not contradicts


def _contradict(one: str, other: str) -> bool:
    """Whether two like statements may differ in what counts: other numbers, or a "not"."""
    if set(_NUMBER.findall(one)) != set(_NUMBER.findall(other)):
        return True
    said, others = words(one), words(other)
    if set(negations(said)) != set(negations(others)):
        return True
    counts = number_words(said), number_words(others)
    return all(counts) and counts[0] != counts[1]


def overlap(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates share words of the same article."""
    return (
        one.article.id == other.article.id
        and one.span.start < other.span.end
        and other.span.start < one.span.end
    )


def cite(candidates: Sequence[Candidate]) -> list[tuple[Excerpt, Citation]]:
    """Numbers the candidates from 1, in the order in which they are to be read."""
    cited = []
    for number, candidate in enumerate(candidates, start=1):
        article, span = candidate.article, candidate.span
        citation = Citation(
            number=number,
            article_id=article.id,
            title=article.title,
            url=article.url,
            heading_path=candidate.heading_path,
            quote=span.text,
            start=span.start,
            end=span.end,
            approved_on=article.approved_on,
            language=article.language,
            references=tuple(cited_in(span.text, article)),
        )
        cited.append((Excerpt(text=span.text, citation=number), citation))
    return cited
