"""The sheet a visitor takes along: own questions, what the articles said, and where it stands.

It is made from the session and handed over by the browser; the server writes none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from html import escape
from zoneinfo import ZoneInfo

from assistant import replies
from assistant.pages.conversation import Exchange
from assistant.pages.drawing import actions, button, link, paragraphs, text_fragment, words
from assistant.settings import Practice
from assistant.types import Citation, Language

# What a saved sheet needs to read well on any screen and on paper; it stands alone.
_STYLE = """
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.1rem; }
blockquote { margin: 0.5rem 0; padding-left: 1rem; border-left: 3px solid #7fa89f; }
.sources, .made, .notes { font-size: 0.9rem; }
.notes { min-height: 6rem; }
.actions a { margin-right: 1rem; }
section { break-inside: avoid; }
"""


def today(timezone: str | None) -> date:
    """The day where the visitor is; the server's, where the browser names no zone that is known."""
    try:
        return datetime.now(ZoneInfo(timezone or "")).date()
    except (LookupError, ValueError, OSError):  # unknown, no name of a zone, a folder of zones
        return date.today()


def introduction(exchanges: Sequence[Exchange], language: Language) -> str:
    """What the sheet is for and that it is not kept; how to begin one while it is empty."""
    text = words(language)["visit_intro" if exchanges else "visit_empty"]
    return f'<p class="sheet visit">{escape(text)}</p>'


def entry(exchange: Exchange, number: int, language: Language) -> str:
    """One question of the sheet with what was quoted to it, as HTML."""
    say = words(language)
    return (
        f'<section class="entry"><h2>{number}. {escape(exchange.message)}</h2>'
        f"{_said(exchange, language)}"
        f'<p class="notes">{escape(say["visit_notes"])}:</p></section>'
    )


def heading(practice: Practice, language: Language, today: date) -> str:
    """When and with what the sheet was made."""
    made = words(language)["visit_made"].format(
        date=replies.day(today, language), practice=practice.name
    )
    return f'<p class="made">{escape(made)}</p>'


def closing(practice: Practice, language: Language) -> str:
    """That this is no advice, the ways to a psychiatrist, and those to help at once."""
    say = words(language)
    urgent = " · ".join(link(item["text"], item["href"]) for item in say["emergency_links"])
    return (
        f'<div class="referral"><p>{escape(replies.referral(language, practice))}</p>'
        f"{actions(replies.ways_to_reach(language, practice))}</div>"
        f'<p class="made">{escape(say["emergency_label"])}: {urgent}</p>'
    )


def document(
    exchanges: Sequence[Exchange], practice: Practice, language: Language, today: date
) -> str:
    """The sheet as a web page of its own, to be saved: no script, nothing fetched."""
    title = escape(words(language)["visit_title"])
    entries = "".join(entry(item, n, language) for n, item in enumerate(exchanges, start=1))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"{heading(practice, language, today)}{entries}{closing(practice, language)}</body></html>"
    )


def text(exchanges: Sequence[Exchange], practice: Practice, language: Language) -> str:
    """The sheet in plain words, to be copied or shared."""
    entries = [f"{n}. {exchange_text(e, language)}" for n, e in enumerate(exchanges, start=1)]
    return "\n\n".join(
        [words(language)["visit_title"], *entries, replies.referral(language, practice)]
    )


def exchange_text(exchange: Exchange, language: Language) -> str:
    """A question, the words that were quoted to it and their sources."""
    say, answer = words(language), exchange.answer
    if answer is None or not answer.excerpts:
        return f"{exchange.message}\n\n{say['visit_unanswered']}"
    quotes = [f"“{excerpt.text}” [{excerpt.citation}]" for excerpt in answer.excerpts]
    sources = [
        f"[{c.number}] {_place(c, language)}" + (f"\n{c.url}" if c.url else "")
        for c in answer.citations
    ]
    return "\n\n".join([exchange.message, *quotes, f"{say['sources']}:", *sources])


def answer_text(exchange: Exchange, practice: Practice, language: Language) -> str:
    """One answer in plain words with its sources, to be copied."""
    return f"{exchange_text(exchange, language)}\n\n{replies.referral(language, practice)}"


def tools(
    exchanges: Sequence[Exchange], practice: Practice, language: Language, today: date
) -> str:
    """Print, save, copy and share. page.js carries them out, from what stands hidden here."""
    say = words(language)
    offers = "".join(
        [
            button(say["print"], "print"),
            button(say["save"], "save", file=f"{say['visit_file']}.html"),
            button(say["copy"], "copy", done=say["copied"], failed=say["copy_failed"]),
            button(say["share"], "share", title=say["visit_title"]),
        ]
    )
    sheet = document(exchanges, practice, language, today)
    return (
        f'<div class="tools">{offers}'
        f'<div class="as-text" hidden>{escape(text(exchanges, practice, language))}</div>'
        f'<div class="as-page" hidden>{escape(sheet)}</div></div>'
    )


def _said(exchange: Exchange, language: Language) -> str:
    say, answer = words(language), exchange.answer
    if answer is None or not answer.excerpts:
        return f"<p>{escape(say['visit_unanswered'])}</p>"
    spoken = {c.number: c.language for c in answer.citations}
    quotes = "".join(
        f'<blockquote lang="{spoken.get(excerpt.citation, answer.language)}">'
        f"{paragraphs(f'“{excerpt.text}” [{excerpt.citation}]')}</blockquote>"
        for excerpt in answer.excerpts
    )
    sources = "".join(f"<li>{_linked(c, language)}</li>" for c in answer.citations)
    return f'{quotes}<ul class="sources">{sources}</ul>'


def _linked(citation: Citation, language: Language) -> str:
    place = f"[{citation.number}] {_place(citation, language)}"
    target = text_fragment(citation.url, citation.quote)
    return link(place, target) if target else escape(place)


def _place(citation: Citation, language: Language) -> str:
    section = citation.heading_path[-1] if citation.heading_path else ""
    approved = f"{words(language)['approved_on']} {replies.day(citation.approved_on, language)}"
    parts = [citation.title, section if section != citation.title else "", approved]
    return " · ".join(filter(None, parts))
