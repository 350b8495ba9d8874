"""Questions that can be asked next: headings of the articles, each checked to have an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from assistant.text import terms
from assistant.types import Article, Chunk

Answers = Callable[[str, Chunk, Article], bool]
"""Whether a chunk of an article answers a question."""


def questions_in(
    chunks: Iterable[Chunk],
    articles: Mapping[str, Article],
    answers: Answers,
    *,
    names_subject: Callable[[str], str],
    unlike: Sequence[str] = (),
    limit: int = 3,
) -> tuple[str, ...]:
    """At most `limit` headings that are questions, in the order of the chunks.

    A heading counts only if it can stand alone (it names a subject), if the words under it answer
    it, and if it asks something other than the questions in `unlike`.
    """
    found: list[str] = []
    tried: set[str] = set()
    for chunk in chunks:
        heading = chunk.heading_path[-1] if chunk.heading_path else ""
        if len(found) == limit:
            break
        if heading in tried or not heading.endswith("?") or not names_subject(heading):
            continue
        tried.add(heading)
        article = articles[chunk.article_id]
        if not _same(heading, [*unlike, *found], article) and answers(heading, chunk, article):
            found.append(heading)
    return tuple(found)


def _same(heading: str, others: Iterable[str], article: Article) -> bool:
    words = set(terms(heading, article.language))
    return any(words == set(terms(other, article.language)) for other in others)
