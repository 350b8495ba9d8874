"""Markdown to the plain blocks of an article's body: the words a reader would see, nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from assistant.corpus.hiding import INVISIBLE, Hidden, hidden_by_attributes, hidden_by_tag

# These need no mark to be a heading; "Sources:" may introduce a list of foods.
_REFERENCES = re.compile(
    r"^(?:#+[ \t]*)?(references|referencias|bibliography|bibliograf[ií]a)[ \t]*:?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_ASTERISKS = re.compile(r"\*+(?=[^\W_])")
_LONGEST_WORD = 80  # characters: no more is looked at for each asterisk of a long paragraph
_TERMINAL = tuple(".!?:;,)”\"'")
_STRAY = 40  # characters: a shorter line that could have held the next word was ended on purpose


@dataclass(slots=True)
class Body:
    """The normalised body of an article, and what was left out of it on the way.

    `lines` holds, for each line of `text`, the line of the source that it came from (from 1).
    """

    text: str = ""
    lines: list[int] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)  # target, line of the source


def normalised(source: str) -> Body:
    """The body with its blocks kept and all inline markup removed.

    Headings become `## `, items `- ` or `1. `, tables `| a | b |`; a paragraph is one line. HTML,
    comments, images, invisible characters, struck-out text and text in an invisible style are left
    out, and reported in `hidden`.
    """
    body = Body()
    text = unicodedata.normalize("NFC", source.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.removeprefix("\ufeff")
    if invisible := INVISIBLE.search(text):
        signs = INVISIBLE.findall(text)
        tags = [sign for sign in signs if "\U000e0020" <= sign < "\U000e007f"]  # ASCII, unseen
        body.hidden.append(
            Hidden(
                what=f"{len(signs)} invisible characters",
                text="".join(chr(ord(tag) - 0xE0000) for tag in tags),
                line=_line_at(text, invisible.start()),
            )
        )
    text = _REFERENCES.sub(r"## \1", INVISIBLE.sub("", text.replace("\u00a0", " ")))
    separated, origins = _split_stray_lines(text)
    parser = MarkdownIt("commonmark", {"html": True}).disable("code")
    parser.enable(["table", "strikethrough"])
    parser.inline.ruler.before("emphasis", "asterisk", _asterisk_in_a_word)
    parser.validateLink = _any_address  # type: ignore[method-assign]  # of links, words are kept
    defined: dict[str, Any] = {}
    tokens = parser.parse(separated, defined)
    blocks = _Writer(body, origins).read(tokens)
    body.text = "\n\n".join("\n".join(words for words, _ in block) for block in blocks)
    for block in blocks:  # the empty line after a block counts as part of it
        body.lines += [*(line for _, line in block), block[-1][1]]
    for reference in defined.get("references", {}).values():
        if reference.get("title"):  # [//]: # (a remark that nobody sees)
            body.hidden.append(Hidden(what="the title of a link", text=reference["title"]))
    return body


def _any_address(url: str) -> bool:  # noqa: ARG001  # the parser's signature
    """The parser leaves the markup of links it finds unsafe among the words; here it goes too."""
    return True


def _asterisk_in_a_word(state: StateInline, silent: bool) -> bool:
    """A rule of the parser: an asterisk between letters or digits is what it looks like.

    CommonMark would take "5*3 mg and 7*8 mg" for 53 and 78. Only one that ends what the same word
    began with marks emphasis: "**S**leep".
    """
    run = _ASTERISKS.match(state.src, state.pos)
    before = state.src[max(0, state.pos - _LONGEST_WORD) : state.pos]
    if run is None or not before[-1:].isalnum():
        return False
    began = re.search(r"(?<![\w*])(\*+)\w+$", before)
    if began and began[1] == run[0]:
        return False
    if not silent:
        state.pending += run[0]
    state.pos = run.end()
    return True


def _line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _split_stray_lines(text: str) -> tuple[str, list[int]]:
    """Puts lines that were ended on purpose ("Apr 07, 2023") into paragraphs of their own.

    Also returns, for each line of the result, the line of `text` that it came from.
    """
    lines = text.split("\n")
    out: list[str] = []
    origins: list[int] = []
    for number, (line, following) in enumerate(zip(lines, [*lines[1:], ""], strict=True), start=1):
        out.append(line)
        origins.append(number)
        stray = 0 < len(line.strip()) < _STRAY and not line.rstrip().endswith(_TERMINAL)
        prose = re.match(r"[ ]{0,3}[\w\"“(¿¡]", line) and re.match(r"[\w\"“(¿¡]", following)
        goes_on = following[:1].islower()  # in the middle of a sentence
        fits = len(line) + len(following.split(" ")[0]) < 60
        if stray and prose and fits and not goes_on and not re.match(r"\s*\d+[.)]\s", following):
            out.append("")
            origins.append(number)
    return "\n".join(out), origins


Line = tuple[str, int]  # its words, and the line of the source that it came from


class _Writer:
    """Collects blocks from the parser's tokens; a list is one block, with a line for each item."""

    def __init__(self, body: Body, origins: Sequence[int]) -> None:
        self._blocks: list[list[Line]] = []
        self._body = body
        self._origins = origins
        self._line = 1  # of the source, where the current token begins
        self._items: list[Line] = []  # of the outermost list being read
        self._lists: list[int] = []  # the next number of each open list; 0 for bullets
        self._item_open = False
        self._rows: list[tuple[list[str], int]] = []
        self._hiding = _Hiding()

    def read(self, tokens: Sequence[Token]) -> list[list[Line]]:
        """The blocks, in order, each with its lines."""
        opener = ""
        for token in tokens:
            if token.map:
                self._line = self._origins[min(token.map[0], len(self._origins) - 1)]
            if token.type == "inline":
                self._text(opener, token)
            elif token.type in ("fence", "code_block"):
                self._block(self._seen(" ".join(token.content.split())))
            elif token.type == "html_block":
                self._hide(token.content)
                self._hiding.meet(token.content)
            else:
                self._structure(token)
            opener = f"{token.type} {token.tag}"
        return self._blocks

    def _block(self, text: str) -> None:
        if text.strip():
            self._blocks.append([(text, self._line)])

    def _structure(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(0)
            case "ordered_list_open":
                self._lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                if not self._lists and self._items:
                    self._blocks.append(self._items)
                    self._items = []
            case "list_item_open":
                self._item_open = True
            case "tr_open":
                self._rows.append(([], self._line))
            case "table_close":
                if any(any(cells) for cells, _ in self._rows):
                    self._blocks.append(_table(self._rows))
                self._rows = []

    def _text(self, opener: str, token: Token) -> None:
        text = self._inline(token.children or [])
        kind, _, tag = opener.partition(" ")
        if kind in ("td_open", "th_open"):
            self._rows[-1][0].append(text.replace("|", "/"))
        elif not text:
            return
        elif kind == "heading_open":
            self._block(f"{'#' * int(tag[1])} {text}")
        elif self._lists and (self._item_open or not self._items):
            self._items.append((f"{self._marker()} {text}", self._line))
            self._item_open = False
        elif self._lists:
            words, line = self._items[-1]
            self._items[-1] = (f"{words} {text}", line)
        else:
            self._block(_escaped(text))

    def _marker(self) -> str:
        number = self._lists[-1]
        if not number:
            return "-"
        self._lists[-1] += 1
        return f"{number}."

    def _inline(self, children: Sequence[Token]) -> str:
        """The words of a block. Those inside an element that hides them are reported instead."""
        parts: list[str] = []
        unseen: list[str] = []
        hiding = self._hiding
        for child in children:
            if html := _html(child):
                reason = hiding.reason
                hiding.meet(html)
                if reason and not hiding.reason:
                    self._report(reason, "".join(unseen))
                    unseen = []
                elif not hiding.reason:
                    self._hide(html)
            elif words := self._words(child):
                (unseen if hiding.reason else parts).append(words)
        self._seen("".join(unseen))
        return " ".join("".join(parts).split())

    def _seen(self, text: str) -> str:
        """The same, or nothing when a tag above it hides it: then it is reported."""
        if text and self._hiding.reason:
            self._report(self._hiding.reason, text)
            return ""
        return text

    def _words(self, child: Token) -> str:
        if child.type in ("text", "code_inline"):
            return child.content
        if child.type in ("softbreak", "hardbreak"):
            return " "
        if child.type == "image" and child.content:
            self._report("the text of an image", child.content)
        if child.type == "link_open":
            self._body.links.append((str(child.attrGet("href") or ""), self._line))
            if title := child.attrGet("title"):
                self._report("the title of a link", str(title))
        return ""

    def _hide(self, html: str) -> None:
        if not _HARMLESS.fullmatch(html):
            comment = html.lstrip().startswith("<!--")
            self._report("a comment" if comment else "HTML", html)

    def _report(self, what: str, text: str) -> None:
        self._body.hidden.append(Hidden(what=what, text=text, line=self._line))


# Formatting that shows the words between its tags; without attributes it can't hide them.
_HARMLESS = re.compile(r"\s*</?(?:br|p|b|i|em|strong|sup|sub|u|span|div|a)\s*/?>\s*", re.I)


_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())


def _html(token: Token) -> str:
    """The tag that a token stands for; `~~` is one, too."""
    if token.type in ("s_open", "s_close"):
        return "<s>" if token.type == "s_open" else "</s>"
    return token.content if token.type == "html_inline" else ""


class _Hiding(HTMLParser):
    """Whether the tags met so far hide what comes next, and how.

    A tag hides until it is closed, over the ends of blocks: in doubt too much is left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reason = ""
        self._open: list[str] = []  # since the tag that hides, which is the first

    def meet(self, html: str) -> None:
        self.feed(html)
        if self.rawdata:  # a tag that goes on in the next block: a browser would read on, too
            self.feed(">")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:  # there is nothing inside that it could hide
            return
        self.reason = self.reason or hidden_by_tag(tag) or hidden_by_attributes(dict(attrs))
        if self.reason:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # in HTML, <div/> is not closed

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if not self._open:
            self.reason = ""


def _escaped(text: str) -> str:
    """A paragraph that begins like a heading, item or table keeps being a paragraph."""
    return re.sub(r"^([#>|]+|[-*+•]|(\d{1,3})[.)])\s+", r"\2 ", text).strip()


def _table(rows: Sequence[tuple[list[str], int]]) -> list[Line]:
    cells, line = rows[0]
    lines = [("| " + " | ".join(row) + " |", number) for row, number in rows]
    return [lines[0], ("|" + "---|" * len(cells), line), *lines[1:]]
