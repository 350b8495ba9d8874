"""Spans: whole sentences of an article, together with the ones without which they mean nothing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.text import Block, blocks, split
from assistant.text.context import leans, takes_back
from assistant.types import Article, Chunk, Span

MAX_SENTENCES = 3
MAX_LIST_CHARS = 700

# These open like a sentence that leans, but point at nothing before: "It is important to note…".
# Only here, where to lean means to swallow the sentence before. What a model wrote is checked
# without such exceptions: one that is wrong would show half a thought.
_ABSTRACT = (
    "important possible common normal hard easy well known unknown clear unclear believed thought "
    "rare usual helpful difficult best natural okay understandable"
).split()
_STANDS_ALONE = re.compile(
    r"it (?:is|was|can be|may be|seems)(?: also| not| very| fully| yet)* "
    rf"(?:{'|'.join(_ABSTRACT)})\b"
    r"|it (?:helps|takes|is) to\b|that said\b|(?:in )?this (?:article|page)\b|both \w+ and\b"
    r"|(?:for )?(?:those|people) who\b",
    re.IGNORECASE,
)
# What an article says about itself answers nothing: "This article explains…".
_ANNOUNCES = re.compile(
    r"(?:in )?(?:this|the present) (?:article|page|guide|section|blog|post)\b|"
    r"(?:en )?(?:este artículo|esta página|esta guía)\b",
    re.IGNORECASE,
)
_FORBIDS = re.compile(
    r"\b(?:(?:can)?not|no|nobody|never|avoid|stop|without|unless|myths?|false|contraindicat\w+|nunca|nadie|"
    r"evit\w+|contraindicac\w+|mitos?|unsafe|unsuitable|risky|harmful|careful|caution)\b|n['’]t\b",
    re.IGNORECASE,
)
_STATED = tuple(".!:;)]”’\"'")
_FEWEST_WORDS = 3
_SHORT = 8  # words of a paragraph that only takes back the one before


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article's body, and where it stands."""

    span: Span
    section: int  # counts the headings before it
    block: int
    item: bool  # part of a list item
    heading_path: tuple[str, ...]
    heading_start: int = -1  # where the heading above it begins, if there is one


class Sentences:
    """All sentences of one article's body, in order; the answerer's map of it."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.all: list[Sentence] = []
        path: list[tuple[int, str]] = []
        section, heading_start = 0, -1
        for index, block in enumerate(blocks(body)):
            if block.kind == "heading":
                section += 1
                path = [(lvl, text) for lvl, text in path if lvl < block.level]
                path.append((block.level, block.span.text))
                heading_start = block.span.start
                continue
            headings = tuple(text for _, text in path)
            item = block.kind == "item"
            for span in _sentences_of(block):
                self.all.append(Sentence(span, section, index, item, headings, heading_start))
        self._starts = [sentence.span.start for sentence in self.all]

    def within(self, chunk: Chunk) -> range:
        """Indices of the sentences that lie in the chunk."""
        first = bisect_right(self._starts, chunk.start - 1)
        last = first
        while last < len(self.all) and self.all[last].span.end <= chunk.end:
            last += 1
        return range(first, last)

    def states(self, index: int) -> bool:
        """Whether a sentence says something; captions, dates, questions, announcements do not."""
        sentence = self.all[index]
        text = sentence.span.text
        if sentence.item:
            return True
        said = text.endswith(_STATED) and len(text.split()) >= _FEWEST_WORDS
        return said and not text.endswith("?") and not _ANNOUNCES.match(text)

    def leans(self, index: int) -> bool:
        """Whether a sentence means little without the one before it."""
        text = self.all[index].span.text
        return leans(text) and not _STANDS_ALONE.match(text)

    def with_context(self, index: int) -> tuple[int, int]:
        """First and last index of the shortest stretch in which a sentence makes sense."""
        if self.all[index].item:
            return self._with_list(index)
        first = self._leaned_on(index)
        # A lead-in ("The signs include:") is nothing without its list.
        if self.all[index].span.text.endswith(":") and self._is_item(index + 1):
            return first, self._with_list(index + 1)[1]
        return first, index

    def continuation(self, last: int) -> int | None:
        """The next sentence of the paragraph, if it leans on this one or takes it back."""
        after = last + 1
        if after == len(self.all) or not self.states(after):  # not "This article explains…"
            return None
        if self.all[after].block == self.all[last].block:
            return after if self.leans(after) or self.takes_back(after) else None
        # "This is a myth." may stand in a paragraph of its own.
        short = len(self.all[after].span.text.split()) <= _SHORT and not self.all[after].item
        return after if short and self._follows(after) and self.takes_back(after) else None

    def takes_back(self, index: int) -> bool:
        """Whether a sentence limits or denies the one before it."""
        return takes_back(self.all[index].span.text)

    def readable(self, indices: Iterable[int]) -> Iterator[tuple[Span, tuple[str, ...]]]:
        """Every span that could be shown for one of the sentences, with the headings above it."""
        for index in filter(self.states, indices):
            first, last = self.with_context(index)
            headings = self.all[index].heading_path
            longer = self.continuation(last)
            if longer is None or not self.takes_back(longer):
                yield self.span(first, last), headings
            if longer is not None:
                yield self.span(first, self._settled(longer)), headings

    def span(self, first: int, last: int) -> Span:
        """The text from the first to the last sentence, exactly as it stands in the body.

        Of a list right under a heading the heading is a part: "Who should not have it" is what
        makes sense of "People with high blood pressure". So it is where only a lead-in stands
        between, if the heading forbids.
        """
        opening, end = self.all[first], self.all[last].span.end
        begins = first == 0 or self.all[first - 1].section != opening.section
        lists = self.all[last].item and (opening.item or self._forbidden(first))
        headed = begins and lists and opening.heading_start >= 0
        start = opening.heading_start if headed else opening.span.start
        return Span(start=start, end=end, text=self.body[start:end])

    def _settled(self, last: int) -> int:
        """The last sentence of those, from this one on, that take back the one before."""
        after = self.continuation(last)
        while after is not None and self.takes_back(after):
            last, after = after, self.continuation(after)
        return last

    def _leaned_on(self, index: int) -> int:
        """The first of the sentences that this one leans on, at most two before it."""
        first = index
        while self.leans(first) and self._follows(first) and index - first < MAX_SENTENCES - 1:
            first -= 1
        return first

    def _forbidden(self, index: int) -> bool:
        """Whether the heading above a sentence says what should not be."""
        return any(_FORBIDS.search(heading) for heading in self.all[index].heading_path[-1:])

    def _follows(self, index: int) -> bool:
        """Whether the sentence before stands in the same section, outside a list."""
        return (
            index > 0
            and self.all[index - 1].section == self.all[index].section
            and not self.all[index - 1].item
        )

    def _is_item(self, index: int) -> bool:
        return index < len(self.all) and self.all[index].item

    def _with_list(self, index: int) -> tuple[int, int]:
        """A list item with its lead-in and its fellows, or alone where the list is too long."""
        section = self.all[index].section
        first = last = index
        while first > 0 and self.all[first - 1].item and self.all[first - 1].section == section:
            first -= 1
        while self._is_item(last + 1) and self.all[last + 1].section == section:
            last += 1
        above = self.all[first - 1].span.text if first > 0 and self._follows(first) else ""
        # "Nobody should:" is left out of no item.
        forbids = bool(_FORBIDS.search(above)) or self._forbidden(first)
        if above and (forbids or above.endswith(":")):
            first = self._leaned_on(first - 1)
        if self.all[last].span.end - self.all[first].span.start <= MAX_LIST_CHARS:
            return first, last
        block = self.all[index].block
        own = [i for i in range(first, last + 1) if self.all[i].block == block]
        return (first if forbids else own[0]), own[-1]


@lru_cache(maxsize=4096)
def sentences_of(article: Article) -> Sentences:
    """The sentences of an article, worked out once."""
    return Sentences(article.body)


def _sentences_of(block: Block) -> Sequence[Span]:
    if block.kind == "table":
        return [block.span]
    return split(block.span.text, offset=block.span.start)
