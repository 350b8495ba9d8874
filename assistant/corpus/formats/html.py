"""HTML to Markdown: the main text with headings, lists and tables, without what frames a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Comment, Tag
from bs4.dammit import EncodingDetector
from bs4.element import PreformattedString
from markdownify import MarkdownConverter
from soupsieve import SelectorSyntaxError

from assistant.corpus.formats import Converted
from assistant.corpus.gate import NotAllowed
from assistant.corpus.hiding import (
    WHITE,
    Colour,
    Hidden,
    background_of,
    hidden_by_attributes,
    hidden_by_style,
    hidden_by_tag,
)

_FRAME = ("nav", "button", "dialog")  # wherever they stand
_AROUND = ("header", "footer", "aside")  # around an article; inside one they are parts of it
_NOT_TEXT = (
    "script style noscript template iframe object embed svg math canvas video audio title "
    "select textarea input"
).split()
_RULE = re.compile(r"([^{}@;]{1,200})\{([^{}]*)\}")
# Rules for paper or for some screens only: other readers do see what these hide.
_SOMETIMES = re.compile(
    r"@media(?!\s*(?:only\s+)?(?:all|screen)\s*\{)[^{};@]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.I
)
_SHOWS = re.compile(r"\b(?:display|visibility|opacity|background(?:-color)?)\s*:", re.I)
MAX_DEPTH = 200  # elements inside elements; converting takes one call for each


def html_to_markdown(data: bytes) -> Converted:
    """Raises NotAllowed when the file is not text or is nested beyond reason."""
    soup = BeautifulSoup(_text(data), "html.parser")
    for nested in soup.select("li > li, p > p"):  # HTML lets their closing tags be left out
        if nested.parent is not None:
            nested.parent.insert_after(nested)
    hidden = [*_scripts(soup), *_comments(soup), *_unseen(soup)]
    part = _main_part(soup).extract()
    hidden += _other_articles(soup)
    return Converted(text=markdown_of(_without_frames(part)), hidden=tuple(hidden))


def markdown_of(part: Tag) -> str:
    """The Markdown of a part of a page; everything in it is taken to be seen."""
    if any(len(list(tag.parents)) > MAX_DEPTH for tag in part.find_all(True)):
        raise NotAllowed("its elements are nested too deeply. Save it anew from your editor")
    converter = MarkdownConverter(
        heading_style="ATX", bullets="-", escape_misc=True, table_infer_header=True
    )
    return str(converter.convert_soup(part))


def _text(data: bytes) -> str:
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    for encoding in ("utf-8-sig", declared):
        try:
            return data.decode(encoding or "utf-8")
        except (UnicodeDecodeError, LookupError):
            continue
    raise NotAllowed("it is not UTF-8 text. Save it as UTF-8")


def _main_part(soup: BeautifulSoup) -> Tag:
    """What the page marks as its article: of several the longest, for teasers are short."""
    longest = max(soup.find_all("article"), key=lambda tag: len(tag.get_text()), default=None)
    return soup.find("main") or longest or soup.body or soup


def _other_articles(rest: BeautifulSoup) -> Iterator[Hidden]:
    """Articles in the rest of the page, when the one to be read is out: somebody may miss them."""
    for tag in rest.find_all("article"):
        words = tag.get_text(" ", strip=True)
        if words and tag.find_parent("article") is None:
            yield Hidden(what="another article on the page", text=words)


def _without_frames(part: Tag) -> Tag:
    """Takes out menus and buttons; and, where nothing marks the article, what stands around it."""
    frames = _FRAME if part.name in ("main", "article") else (*_FRAME, *_AROUND)
    for frame in part.find_all(frames):
        if frame.name in _FRAME or frame.find_parent("section") is None:
            frame.decompose()
    return part


def _scripts(soup: BeautifulSoup) -> Iterator[Hidden]:
    """Reports what could run, after reading the styles, and takes both out."""
    scripts = soup.find_all("script", type=lambda kind: kind != "application/ld+json")
    if scripts:
        yield Hidden(what=f"{len(scripts)} scripts", text=scripts[0].get_text())
    handlers = [tag for tag in soup.find_all(True) if any(key[:2] == "on" for key in tag.attrs)]
    if handlers:
        yield Hidden(what=f"{len(handlers)} scripts in attributes", text=str(handlers[0]))
    _apply_styles(soup)
    for tag in soup.find_all(_NOT_TEXT):
        tag.decompose()


def _apply_styles(soup: BeautifulSoup) -> None:
    """Writes what the page's style sheets hide and show onto its elements, the last word last."""
    sheets = (_SOMETIMES.sub("", sheet.get_text()) for sheet in soup.find_all("style"))
    rules = [rule for sheet in sheets for rule in _RULE.findall(sheet)]
    rules.sort(key=_weight)  # of equal ones the later wins
    for selector, style in reversed(rules):
        if not (hidden_by_style(style) or _SHOWS.search(style)):
            continue
        try:
            hit = soup.select(selector.strip(), limit=1000)
        except (SelectorSyntaxError, NotImplementedError, ValueError):
            continue  # `a:hover` and its like select nothing that is there
        for tag in hit:
            tag["style"] = f"{style};{tag.get('style') or ''}"


def _weight(rule: tuple[str, str]) -> tuple[bool, int, int]:
    """Which of two rules wins: an important one, then by ids, then by classes and the like."""
    selector, style = rule
    alternatives = selector.split(",")
    ids = max(each.count("#") for each in alternatives)
    classes = max(len(re.findall(r"[.\[:]", each)) for each in alternatives)
    return "!important" in style.lower(), ids, classes


def _comments(soup: BeautifulSoup) -> Iterator[Hidden]:
    for comment in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        if isinstance(comment, Comment) and comment.strip():
            yield Hidden(what="a comment", text=str(comment), line=None)
        comment.extract()


def _unseen(soup: BeautifulSoup) -> Iterator[Hidden]:
    """Reports and takes out elements that are hidden or struck out."""
    for tag in soup.find_all(True):
        if tag.decomposed:
            continue
        attributes = {key: str(value) for key, value in tag.attrs.items()}
        reason = hidden_by_tag(tag.name) or hidden_by_attributes(attributes, _background(tag))
        if reason:
            if words := tag.get_text(" ", strip=True):
                yield Hidden(what=reason, text=words)
            tag.decompose()


def _background(tag: Tag) -> Colour | None:
    """The colour behind an element: its own, or that of the nearest element around it."""
    colour: Colour | None = WHITE
    for around in reversed([tag, *tag.parents]):
        style = str(around.get("style") or "")
        if given := around.get("bgcolor"):
            style = f"background: {given};{style}"
        colour = background_of(style, colour)
    return colour
