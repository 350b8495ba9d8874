"""HTML of the page, built from values. Everything that people wrote is escaped here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

from assistant.settings import wording
from assistant.types import Action, Answer, Card, Citation, Language

_SAFE_SCHEMES = frozenset({"http", "https", "tel", "sms", "mailto"})
# Punctuation that means something in Markdown, and the colon of Streamlit's own directives.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


_MARKER = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)]|#{1,6})\s+")


def words(language: Language) -> dict[str, Any]:
    """The texts of the page itself: buttons, notices and labels."""
    table: dict[str, Any] = wording(language)["page"]
    return table


def plain(text: str) -> str:
    """Text for a place where Streamlit reads Markdown, so that it shows exactly as written."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def safe_link(href: str) -> str:
    """The address if it is a web, telephone, text-message or mail link; else an empty string."""
    cleaned = "".join(character for character in href.strip() if character.isprintable())
    try:
        scheme = urlsplit(cleaned).scheme.lower()
    except ValueError:
        return ""
    return cleaned if scheme in _SAFE_SCHEMES else ""


def link(text: str, href: str, css: str = "") -> str:
    """A link; only its text when the address is not one that may be followed."""
    target = safe_link(href)
    if not target:
        return f"<span>{escape(text)}</span>"
    outside = ' target="_blank" rel="noopener noreferrer"' if target.startswith("http") else ""
    return f'<a class="{css}" href="{escape(target)}"{outside}>{escape(text)}</a>'


def actions(items: Iterable[Action], css: str = "action") -> str:
    """Links to tap, in a row that wraps."""
    links = "".join(link(item.text, item.href, css) for item in items)
    return f'<div class="actions">{links}</div>' if links else ""


def button(text: str, act: str, **data: str) -> str:
    """A button that page.js carries out in the browser; the server hears nothing of it."""
    values = "".join(f' data-{key}="{escape(value)}"' for key, value in data.items())
    return f'<button type="button" class="quiet" data-act="{act}"{values}>{escape(text)}</button>'


def paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())


# --- the frame of the page -------------------------------------------------------------------


def header(practice: str, language: Language) -> str:
    say = words(language)
    urgent = "".join(
        link(item["text"], item["href"], "urgent-link") for item in say["emergency_links"]
    )
    return (
        '<header class="masthead"><div class="masthead-names">'
        f'<h1 class="practice">{escape(practice)}</h1>'
        f'<p class="tagline">{escape(say["tagline"])}</p></div>'
        f'<nav class="urgent" aria-label="{escape(say["emergency_label"])}">'
        f'<span class="urgent-label">{escape(say["emergency_label"])}</span>{urgent}</nav></header>'
    )


def state(language: Language) -> str:
    """What page.js must know: the language, and the names of Streamlit's own parts in it."""
    names = json.dumps(words(language)["names"], ensure_ascii=False)
    return (
        f'<div class="page-state" hidden data-language="{language}" '
        f'data-names="{escape(names)}"></div>'
        '<script defer src="./assistant/page.js"></script>'
    )


def welcome(language: Language) -> str:
    say = words(language)
    return (
        f'<section class="welcome"><h2>{escape(say["welcome"])}</h2>'
        f"<p>{escape(say['welcome_text'])}</p></section>"
    )


def label(text: str) -> str:
    """A small heading over a group of buttons."""
    return f'<h2 class="label">{escape(text)}</h2>'


def notice_points(language: Language) -> str:
    """What the assistant is not, in full sentences."""
    points = "".join(f"<li>{escape(point)}</li>" for point in words(language)["notice_points"])
    return f'<ul class="points">{points}</ul>'


def notice(language: Language) -> str:
    """The line that never leaves the screen; and one that the style sheet shows offline."""
    say = words(language)
    return (
        f'<p class="offline" role="status">{escape(say["offline"])}</p>'
        f'<p class="notice" role="note">{escape(say["notice"])}</p>'
    )


def banner(text: str, css: str = "") -> str:
    return f'<div class="banner {css}" role="note">{paragraphs(text)}</div>'


def failure(language: Language) -> str:
    """That the page itself failed; a screen reader says it at once."""
    text = words(language)["error"]
    return f'<div class="banner failed" role="alert" lang="{language}">{paragraphs(text)}</div>'


def card(value: Card, shown: int) -> str:
    """The crisis card. `shown` counts the cards of this visit, so that a new one is noticed."""
    body = "".join(paragraphs(text) for text in value.paragraphs)
    return (
        f'<section class="card" id="help-now" lang="{value.language}" data-shown="{shown}" '
        f'tabindex="-1" aria-labelledby="help-now-title">'
        f'<h2 id="help-now-title">{escape(value.title)}</h2>'
        f"{actions(value.actions, 'card-action')}{body}{paragraphs(value.closing)}</section>"
    )


def card_bar(language: Language) -> str:
    """The emergency numbers, in reach wherever the visitor has scrolled while there is a card, and
    in its language: that is the one in which help was called for.
    """
    say = words(language)
    links = "".join(
        link(item["text"], item["href"], "card-action") for item in say["emergency_links"]
    )
    return (
        f'<nav class="card-bar" lang="{language}" aria-label="{escape(say["card_bar"])}">'
        f'<div class="actions">{links}</div></nav>'
    )


# --- an exchange -----------------------------------------------------------------------------


def question(text: str) -> str:
    return f'<div class="question">{paragraphs(text)}</div>'


def step(text: str) -> str:
    """What is being done, shown by the style sheet only when it takes more than half a second."""
    return f'<p class="step"><span class="dots" aria-hidden="true"></span>{escape(text)}</p>'


def aside(text: str) -> str:
    """A word of the page about itself."""
    return f'<p class="aside" role="status">{escape(text)}</p>'


def card_link(language: Language) -> str:
    """In the conversation, where the card would be: a way to the card above."""
    text = escape(words(language)["card_link"])
    return f'<p class="card-link" lang="{language}"><a href="#help-now">{text}</a></p>'


def lead(answer: Answer) -> str:
    css = "lead" if answer.excerpts else "lead alone"
    return f'<div class="{css}" lang="{answer.language}">{paragraphs(answer.lead)}</div>'


def excerpt(text: str, number: int, language: Language) -> str:
    """A statement of the answer, in the language in which a screen reader is to say it."""
    return (
        f'<blockquote class="excerpt" lang="{language}">{paragraphs(text)}'
        f'<span class="number" aria-hidden="true">{number}</span></blockquote>'
    )


def chip(citation: Citation) -> str:
    """What the button of a source says: number, article and section."""
    title = citation.title.split(": ")[0]
    section = citation.heading_path[-1] if citation.heading_path else ""
    place = f" · {section}" if section and section != citation.title else ""
    return plain(f"{citation.number}. {title}{place}")


def closing(answer: Answer, language: Language) -> str:
    """Note, referral and the ways to reach a person: under every reply."""
    spoken = f'lang="{answer.language}"'
    note = f'<div class="note" {spoken}>{paragraphs(answer.note)}</div>' if answer.note else ""
    reach = escape(words(language)["reach_label"])
    ways = actions(answer.actions)
    ways = f'<nav aria-label="{reach}">{ways}</nav>' if ways else ""
    return f'{note}<div class="referral" {spoken}>{paragraphs(answer.referral)}{ways}</div>'


def copy(text: str, language: Language) -> str:
    """A button that copies the text, which stands hidden beside it."""
    say = words(language)
    offer = button(say["copy"], "copy", done=say["copied"], failed=say["copy_failed"])
    return f'<div class="tools">{offer}<div class="as-text" hidden>{escape(text)}</div></div>'


def announcement(answer: Answer, turn: int, language: Language) -> str:
    """What a screen reader says once, when the answer is complete. page.js reads it aloud."""
    text = f"{words(language)['announce']} {answer.text}"
    card = "card" if answer.card and not answer.triage.remembered else "question"
    return (
        f'<div class="announce" hidden lang="{answer.language}" data-turn="{turn}" '
        f'data-view="{card}">{escape(text)}</div>'
    )


def text_fragment(url: str, passage: str) -> str:
    """The published page, scrolled to the passage: `#:~:text=first words,last words`.

    Long passages give only their ends, which still match where the page breaks lines otherwise;
    so do lists, whose markers are not words of the page.
    """
    lines = [_MARKER.sub("", line).split() for line in passage.splitlines() if line.strip()]
    if not lines or not safe_link(url).startswith("http"):
        return ""
    whole = len(lines) == 1 and len(lines[0]) <= 10
    ends = [lines[0]] if whole else [lines[0][:5], lines[-1][-5:]]
    # A hyphen is part of the syntax, and `quote` leaves it as it is.
    encoded = ",".join(quote(" ".join(end), safe="").replace("-", "%2D") for end in ends)
    return f"{url.split('#', maxsplit=1)[0]}#:~:text={encoded}"
