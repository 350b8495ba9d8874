"""Questions that can be asked next: headings and noted questions that have an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from assistant.text import terms
from assistant.types import Article, Chunk, Citation, Passage

Answers = Callable[[str, Chunk, Article], bool]
"""Whether a chunk of an article answers a question."""
Offer = tuple[str, Chunk]
"""A question, and the chunk that should answer it."""


def headings(chunks: Iterable[Chunk]) -> Iterator[Offer]:
    """The headings above the chunks that are questions, in their order."""
    for chunk in chunks:
        if chunk.heading_path and chunk.heading_path[-1].endswith("?"):
            yield chunk.heading_path[-1], chunk


def noted(passages: Iterable[Passage], shown: Iterable[Citation] = ()) -> Iterator[Offer]:
    """The noted questions like the visitor's, but those that what was shown answers.

    Only what is written like a question: "tms how often" was noted to be found, not to be read.
    """
    told = list(shown)
    for passage in passages:
        quoted = [c for c in told if c.article_id == passage.chunk.article_id]
        for one in passage.noted:
            answered = any(c.start < one.end and one.start < c.end for c in quoted)
            if not answered and _reads_well(one.question):
                yield one.question, passage.chunk


def questions_in(
    offers: Iterable[Offer],
    articles: Mapping[str, Article],
    answers: Answers,
    *,
    names_subject: Callable[[str], str],
    unlike: Sequence[str] = (),
    limit: int = 3,
) -> tuple[str, ...]:
    """At most `limit` of the questions that are offered, in their order.

    One counts only if it can stand alone (it names a subject), if its chunk `answers` it, and if
    it asks something other than the questions in `unlike`.
    """
    found: list[str] = []
    tried: set[str] = set()
    for question, chunk in offers:
        if len(found) == limit:
            break
        if question in tried or not names_subject(question):
            continue
        tried.add(question)
        article = articles[chunk.article_id]
        if not _same(question, [*unlike, *found], article) and answers(question, chunk, article):
            found.append(question)
    return tuple(found)


def _same(heading: str, others: Iterable[str], article: Article) -> bool:
    words = set(terms(heading, article.language))
    return any(words == set(terms(other, article.language)) for other in others)


def _reads_well(question: str) -> bool:
    return question.endswith("?") and question.lstrip("¿")[:1].isupper()
