"""Markdown blocks and their sentences, each with its offsets in the text that it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from syntok import segmenter
from syntok.tokenizer import Tokenizer

from assistant.types import Span

BlockKind = Literal["heading", "paragraph", "item", "table"]

_HEADING = re.compile(r"#{1,6}\s+(?=\S)")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])\s+(?=\S)")

# Hyphenated words stay whole and contractions are left alone: only the boundaries are wanted.
_TOKENIZER = Tokenizer(emit_hyphen_or_underscore_sep=True, replace_not_contraction=False)


# Abbreviations after which the segmenter stops too early, most of them Spanish.
_ABBREVIATED = re.compile(
    r"(?:^|[\s(¿¡])(?:[Dd]ra?s?|[Ss]ra?s?|[Ss]rta|[Uu]ds?|EE|aprox|núm|pág|approx|p|p\. ?ej)\.$"
)


# Headings of lists of publications: read as references, never quoted as an answer.
_REFERENCES = re.compile(
    r"(?:selected |key |list of )?(?:references?|reference list|bibliography|sources|works cited|"
    r"literature|further reading|referencias(?: bibliográficas)?|bibliograf[ií]a|fuentes|"
    r"lecturas recomendadas)[\s:]*",
    re.IGNORECASE,
)


def lists_references(heading: str) -> bool:
    """Whether what stands under a heading is a list of publications."""
    return bool(_REFERENCES.fullmatch(heading.strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading, a paragraph, one list item or a table; `level` is a heading's depth, else 0.

    The marker (`## `, `- `) lies outside the span.
    """

    kind: BlockKind
    span: Span
    level: int = 0


def blocks(text: str) -> list[Block]:
    """The blocks of a Markdown text, in order."""
    found: list[Block] = []
    start: int | None = None  # of the block being collected
    kind: BlockKind = "paragraph"
    end = 0

    def close() -> None:
        nonlocal start
        if start is not None and text[start:end].strip():
            found.append(Block(kind=kind, span=_trimmed(text, start, end)))
        start = None

    for line_start, line_end in _lines(text):
        line = text[line_start:line_end]
        if not line.strip():
            close()
        elif heading := _HEADING.match(line):
            close()
            span = _trimmed(text, line_start + heading.end(), line_end)
            found.append(Block(kind="heading", span=span, level=line[: heading.end()].count("#")))
        elif item := _ITEM.match(line):
            close()
            start, end, kind = line_start + item.end(), line_end, "item"
        elif start is None:
            start, end = line_start, line_end
            kind = "table" if line.lstrip().startswith("|") else "paragraph"
        else:
            end = line_end
    close()
    return found


def split(plain: str, *, offset: int = 0) -> list[Span]:
    """The sentences of a plain paragraph, their offsets counted from `offset`.

    Line breaks inside the paragraph are ordinary spaces here.
    """
    flat = re.sub(r"\s", " ", plain)
    found: list[Span] = []
    for tokens in segmenter.split(_TOKENIZER.tokenize(flat)):
        if not tokens:
            continue
        start, end = tokens[0].offset, tokens[-1].offset + len(tokens[-1].value)
        if found and _ABBREVIATED.search(found[-1].text):
            start = found.pop().start - offset
        found.append(Span(start=offset + start, end=offset + end, text=plain[start:end]))
    return found


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line.rstrip("\r\n"))
        start += len(line)


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Span(start=start, end=start + len(piece), text=piece)
