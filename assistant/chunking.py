"""From an article to chunks: pieces of one section each, with exact offsets and stable ids."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.text import Block, blocks, lists_references, split
from assistant.types import Article, Chunk, Span

CHUNKER = "sections-2"  # change it whenever the same article would be cut differently

# About 200 word pieces, so that title, headings and text fit the embedder's 256.
MAX_CHARS = 900


@dataclass(frozen=True, slots=True)
class _Section:
    heading_path: tuple[str, ...]
    blocks: list[Block]

    @property
    def lists_references(self) -> bool:
        return bool(self.heading_path) and lists_references(self.heading_path[-1])


def chunk_article(article: Article) -> tuple[Chunk, ...]:
    """The chunks of an article, in order; every sentence is in exactly one of them.

    A chunk has whole sentences of one section and at most 900 characters (unless a single sentence
    has more). Each reference is a chunk of its own. An id is `article#heading-n`, where n counts
    within the heading: an edit elsewhere leaves it alone.
    """
    counts: Counter[str] = Counter()
    chunks = []
    for section in _sections(article.body):
        slug = _slug(section.heading_path[-1]) if section.heading_path else "intro"
        for start, end in _stretches(section):
            counts[slug] += 1
            text = article.body[start:end]
            hashed = hashlib.sha256(_embedded(article, section.heading_path, text).encode())
            chunks.append(
                Chunk(
                    id=f"{article.id}#{slug}-{counts[slug]}",
                    article_id=article.id,
                    heading_path=section.heading_path,
                    text=text,
                    start=start,
                    end=end,
                    content_hash=hashed.hexdigest(),
                )
            )
    return tuple(chunks)


def embedding_text(article: Article, chunk: Chunk) -> str:
    """What is embedded: the text under its title and headings, which say what it is about."""
    return _embedded(article, chunk.heading_path, chunk.text)


def _embedded(article: Article, heading_path: Iterable[str], text: str) -> str:
    return "\n".join([" › ".join([article.title, *heading_path]), text])


def _sections(body: str) -> Iterator[_Section]:
    path: list[tuple[int, str]] = []
    current: list[Block] = []
    for block in blocks(body):
        if block.kind != "heading":
            current.append(block)
            continue
        if current:
            yield _Section(tuple(text for _, text in path), current)
        current = []
        path = [(level, text) for level, text in path if level < block.level]
        path.append((block.level, block.span.text))
    if current:
        yield _Section(tuple(text for _, text in path), current)


def _stretches(section: _Section) -> Iterator[tuple[int, int]]:
    """Start and end of each chunk of a section: neighbouring pieces as long as they fit."""
    start = end = -1
    for piece in _pieces(section):
        alone = section.lists_references or piece.end - start > MAX_CHARS
        if start >= 0 and alone:
            yield start, end
            start = -1
        if start < 0:
            start = piece.start
        end = piece.end
    if start >= 0:
        yield start, end


def _pieces(section: _Section) -> Iterator[Span]:
    """Blocks, and the sentences of those that are too long to stay whole."""
    for block in section.blocks:
        if len(block.span.text) <= MAX_CHARS or section.lists_references:
            yield block.span
        else:
            yield from split(block.span.text, offset=block.span.start)


def _slug(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "section"
