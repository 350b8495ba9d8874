"""An article as the rules read it: its sentences, headings and references apart."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from assistant.corpus.hiding import shortened
from assistant.corpus.loading import Manuscript
from assistant.text import Block, blocks, lists_references, split
from assistant.types import Article, Finding, Severity, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`sentences` are those of the text, headings included and the list of references left out."""

    manuscript: Manuscript
    sentences: tuple[Span, ...]
    prose: tuple[Span, ...]  # the sentences of paragraphs alone
    headings: tuple[Block, ...]
    listed: tuple[Span, ...]  # the entries under “References”
    breaks: tuple[int, ...]  # offsets of the line ends of the body

    @property
    def article(self) -> Article:
        return self.manuscript.article

    def line(self, offset: int) -> int | None:
        """The line of the file for an offset in the body; None where the file has no lines."""
        lines = self.manuscript.lines
        number = bisect_left(self.breaks, offset)
        return lines[number] if number < len(lines) else None

    def finding(
        self, rule: str, message: str, at: int | None = None, *, severity: Severity = "warning"
    ) -> Finding:
        """A finding at an offset of the body, or about the article as a whole."""
        line = self.line(at) if at is not None else None
        return Finding(
            path=self.article.path, rule=rule, message=message, severity=severity, line=line
        )


def draft(manuscript: Manuscript) -> Draft:
    """Cuts an article for the rules."""
    sentences: list[Span] = []
    prose: list[Span] = []
    listed: list[Span] = []
    headings: list[Block] = []
    in_references = False
    for block in blocks(manuscript.article.body):
        if block.kind == "heading":
            in_references = lists_references(block.span.text)
            headings += [] if in_references else [block]
            sentences += [] if in_references else [block.span]
        elif in_references:
            listed.append(block.span)
        else:
            found = split(block.span.text, offset=block.span.start)
            sentences += found
            prose += found if block.kind == "paragraph" else []
    return Draft(
        manuscript=manuscript,
        sentences=tuple(sentences),
        prose=tuple(prose),
        headings=tuple(headings),
        listed=tuple(listed),
        breaks=tuple(match.start() for match in re.finditer("\n", manuscript.article.body)),
    )


def quoted(text: str, length: int = 100) -> str:
    """Words of the article as a message shows them."""
    return f"“{shortened(text, length)}”"
