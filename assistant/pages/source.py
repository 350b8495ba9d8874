"""The source panel: an article with the quoted words marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from assistant import replies
from assistant.pages.drawing import link, text_fragment, words
from assistant.types import Article, Citation, Language, Reference, Span

_HEADING = re.compile(r"(#{1,6})\s+")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading, paragraph or list item: the parts of the body that it shows, and its tag."""

    tag: str
    spans: tuple[Span, ...]


def blocks(body: str) -> Iterator[Block]:
    """The blocks of an article's body, in order; offsets count in the body."""
    tag, spans = "", list[Span]()
    for line in _lines(body):
        heading, item = _HEADING.match(line.text), _ITEM.match(line.text)
        starts = heading or item
        if (starts or not line.text.strip()) and spans:
            yield Block(tag=tag, spans=tuple(spans))
            tag, spans = "", []
        if not line.text.strip():
            continue
        skipped = starts.end() if starts else 0
        # The panel's own title is the second level, so the article's headings go below it.
        if heading:
            level = min(6, len(heading[1]) + 1 if len(heading[1]) > 1 else 3)
            tag = f"h{level}"
        else:
            tag = tag or ("li" if item else "p")
        spans.append(
            Span(start=line.start + skipped, end=line.end, text=line.text[skipped:].rstrip())
        )
        if heading:
            yield Block(tag=tag, spans=tuple(spans))
            tag, spans = "", []
    if spans:
        yield Block(tag=tag, spans=tuple(spans))


def article_text(body: str, start: int, end: int) -> str:
    """The body as HTML, `body[start:end]` inside `<mark>`; everything else is escaped text."""
    parts, in_list = [], False
    for block in blocks(body):
        if (block.tag == "li") != in_list:
            parts.append("</ul>" if in_list else "<ul>")
            in_list = not in_list
        inner = " ".join(_marked(span, start, end) for span in block.spans)
        parts.append(f"<{block.tag}>{inner}</{block.tag}>")
    if in_list:
        parts.append("</ul>")
    return "".join(parts)


def panel(citation: Citation, article: Article | None, language: Language) -> str:
    """Everything in the source panel below its title."""
    say = words(language)
    if article is None or article.body[citation.start : citation.end] != citation.quote:
        # Another version went live since the answer was given: show what was quoted then, and
        # nobody's approval of other words.
        article = None
        text = f'<p class="banner">{escape(say["source_changed"])}</p>'
        text += f"<blockquote><mark>{escape(citation.quote)}</mark></blockquote>"
    else:
        text = article_text(_without_title(article), citation.start, citation.end)
    place = " › ".join(part for part in citation.heading_path if part != citation.title)
    path = f'<p class="path">{escape(place)}</p>' if place else ""
    published = text_fragment(citation.url, citation.quote)
    site = f"<p>{link(say['read_on_site'], published, 'action')}</p>" if published else ""
    return (
        f'<div class="source sheet">{path}{_facts(citation, article, language)}{site}'
        f'<article class="article" lang="{citation.language}">'
        f"{text}</article>{references(citation.references, language)}</div>"
    )


def references(items: tuple[Reference, ...], language: Language) -> str:
    """The publications behind the quotation, each with its DOI or address."""
    if not items:
        return ""
    rows = "".join(f"<li>{escape(item.text or item.title)} {_where(item)}</li>" for item in items)
    return f"<section><h3>{escape(words(language)['references'])}</h3><ul>{rows}</ul></section>"


def _where(reference: Reference) -> str:
    if reference.doi:
        return link(f"doi:{reference.doi}", f"https://doi.org/{reference.doi}")
    return link(reference.url, reference.url) if reference.url else ""


def _facts(citation: Citation, article: Article | None, language: Language) -> str:
    say = words(language)
    approved_on = (article or citation).approved_on
    facts = [(say["approved_on"], replies.day(approved_on, language))]
    if article is not None:
        facts.insert(0, (say["approved_by"], article.approved_by))
        if article.author:
            facts.insert(0, (say["author"], article.author))
        facts.append((say["review_by"], replies.day(article.review_by, language)))
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts
    )
    return f'<dl class="facts">{rows}</dl>'


def _without_title(article: Article) -> str:
    """The body with its first heading blanked where that repeats the title of the panel.

    Blanked and not cut, so that the offsets of the quotation hold.
    """
    first, _, _ = article.body.partition("\n")
    if first.lstrip("# ").strip() != article.title:
        return article.body
    return " " * len(first) + article.body[len(first) :]


def _lines(body: str) -> Iterator[Span]:
    start = 0
    for line in body.splitlines(keepends=True):
        text = line.rstrip("\r\n")
        yield Span(start=start, end=start + len(text), text=text)
        start += len(line)


def _marked(span: Span, start: int, end: int) -> str:
    """The span's text, escaped, with the part between `start` and `end` marked."""
    first = min(max(start - span.start, 0), len(span.text))
    last = min(max(end - span.start, 0), len(span.text))
    before, inside, after = span.text[:first], span.text[first:last], span.text[last:]
    marked = f"<mark>{escape(inside)}</mark>" if inside else ""
    return f"{escape(before)}{marked}{escape(after)}"
