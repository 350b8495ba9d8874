"""Markdown to the plain blocks of an article's body: the words a reader would see, nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Characters that show nothing and can hide something: controls, zero-width, direction marks.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_REFERENCES = re.compile(r"^(?:#+\s*)?(references|referencias|bibliography)\s*:?\s*$", re.I | re.M)
_TERMINAL = tuple(".!?:;,)”\"'")
_STRAY = 40  # characters: a shorter line that could have held the next word was ended on purpose


@dataclass(slots=True)
class Body:
    """The normalised body of an article, and what was left out of it on the way."""

    text: str = ""
    hidden: list[str] = field(default_factory=list)


def normalised(source: str) -> Body:
    """The body with its blocks kept and all inline markup removed.

    Headings become `## `, items `- ` or `1. `, tables `| a | b |`; a paragraph is one line. HTML,
    comments, images and invisible characters are left out, and reported in `hidden`.
    """
    body = Body()
    text = unicodedata.normalize("NFC", source.replace("\r\n", "\n").replace("\r", "\n"))
    if invisible := _INVISIBLE.findall(text.lstrip("\ufeff")):
        body.hidden.append(f"{len(invisible)} invisible characters")
    text = _REFERENCES.sub(r"## \1", _INVISIBLE.sub("", text.replace("\u00a0", " ")))
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").disable("code")
    body.text = "\n\n".join(_Writer(body).read(parser.parse(_split_stray_lines(text))))
    return body


def _split_stray_lines(text: str) -> str:
    """Puts lines that were ended on purpose ("Apr 07, 2023") into paragraphs of their own."""
    lines = text.split("\n")
    out: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        out.append(line)
        stray = 0 < len(line.strip()) < _STRAY and not line.rstrip().endswith(_TERMINAL)
        prose = re.match(r"[ ]{0,3}[\w\"“(¿¡]", line) and re.match(r"[\w\"“(¿¡]", following)
        fits = len(line) + len(following.split(" ")[0]) < 60
        if stray and prose and fits and not re.match(r"\s*\d+[.)]\s", following):
            out.append("")
    return "\n".join(out)


class _Writer:
    """Collects blocks from the parser's tokens; a list is one block, with a line for each item."""

    def __init__(self, body: Body) -> None:
        self.blocks: list[str] = []
        self._body = body
        self._items: list[str] = []  # of the outermost list being read
        self._lists: list[int] = []  # the next number of each open list; 0 for bullets
        self._item_open = False
        self._rows: list[list[str]] = []

    def read(self, tokens: Sequence[Token]) -> list[str]:
        """The blocks, in order."""
        opener = ""
        for token in tokens:
            if token.type == "inline":
                self._text(opener, token)
            elif token.type in ("fence", "code_block"):
                self.blocks.append(" ".join(token.content.split()))
            elif token.type == "html_block":
                _hide(token.content, self._body)
            else:
                self._structure(token)
            opener = f"{token.type} {token.tag}"
        return [block for block in self.blocks if block.strip()]

    def _structure(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(0)
            case "ordered_list_open":
                self._lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                if not self._lists and self._items:
                    self.blocks.append("\n".join(self._items))
                    self._items = []
            case "list_item_open":
                self._item_open = True
            case "tr_open":
                self._rows.append([])
            case "table_close":
                self.blocks.append(_table(self._rows))
                self._rows = []

    def _text(self, opener: str, token: Token) -> None:
        text = _inline(token.children or [], self._body)
        kind, _, tag = opener.partition(" ")
        if kind in ("td_open", "th_open"):
            self._rows[-1].append(text.replace("|", "/"))
        elif not text:
            return
        elif kind == "heading_open":
            self.blocks.append(f"{'#' * int(tag[1])} {text}")
        elif self._lists and (self._item_open or not self._items):
            self._items.append(f"{self._marker()} {text}")
            self._item_open = False
        elif self._lists:
            self._items[-1] += f" {text}"
        else:
            self.blocks.append(_escaped(text))

    def _marker(self) -> str:
        number = self._lists[-1]
        if not number:
            return "-"
        self._lists[-1] += 1
        return f"{number}."


def _escaped(text: str) -> str:
    """A paragraph that begins like a heading, item or table keeps being a paragraph."""
    return re.sub(r"^([#>|]+|[-*+•]|(\d{1,3})[.)])\s+", r"\2 ", text).strip()


def _inline(children: Sequence[Token], body: Body) -> str:
    parts = []
    for child in children:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "html_inline":
            _hide(child.content, body)
        elif child.type == "image" and child.content:
            body.hidden.append(f"the text of an image: “{child.content[:80]}”")
    return " ".join("".join(parts).split())


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    rule = "|" + "---|" * len(rows[0]) if rows else ""
    return "\n".join([*lines[:1], rule, *lines[1:]])


def _hide(html: str, body: Body) -> None:
    if re.fullmatch(r"\s*</?(?:br|p|b|i|em|strong|sup|sub|u|span|div|a)\s*/?>\s*", html, re.I):
        return
    body.hidden.append(f"HTML: “{' '.join(html.split())[:80]}”")
