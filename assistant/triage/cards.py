"""Fixed words for urgent messages and personal questions. Data alone: no model, no store."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from assistant.settings import DATA, read_toml
from assistant.triage import said_by
from assistant.types import URGENT, Action, Card, Language, Triage

log = logging.getLogger(__name__)

# The first that the rules ask for wins: what is most dangerous, or most often meant.
_ADVICE = ("role", "stopping", "mixing", "family", "dose", "diagnosis", "choice", "promise")

_NUMBERS = ("988", "911")  # whoever words a card must leave them in

_NO_PART = (
    "A card has titles, openings, body and closing; what stands below [cards…] in the file belongs "
    "to it, so write the practice's details above"
)
_WANTED = {
    "titles": 'Write a list of texts: ["…"]',
    "openings": 'Write a list of texts: ["…"]',
    "body": f'Write a list of texts that name {" and ".join(_NUMBERS)}: ["…"]',
    "closing": 'Write a text: "…"',
}


def card(
    triage: Triage,
    language: Language,
    *,
    times_shown: int = 0,
    overrides: Mapping[str, Any] | None = None,
) -> Card:
    """The card for an urgent message.

    `times_shown` counts the cards of this visit: a repeated one opens in other words. `overrides`
    is a table of the practice's own wording, in the form of cards.toml; whatever is missing, empty
    or of the wrong form in it is taken from the built-in card.
    """
    built_in = _wording()[triage.label]
    own = _own(overrides, triage.label, language)
    words = {**built_in[language], **own}
    asked = said_by(triage)
    body = list(words["body"])
    if "imminent" in asked:  # in place of our second line, but of none of the practice's own
        body[1 : 1 if "body" in own else 2] = [built_in["imminent"][language]]
    additions = built_in.get("add", {})
    body += [additions[name][language] for name in sorted(asked & additions.keys())]
    links = list(words["links"])
    for name in sorted(asked & built_in.get("add_links", {}).keys()):
        links += built_in["add_links"][name]
    return Card(
        label=triage.label,
        language=language,
        title=_turned(words["titles"], times_shown),
        paragraphs=(_turned(words["openings"], times_shown), *body),
        actions=tuple(_action(name, language) for name in dict.fromkeys(links)),
        closing=words["closing"],
    )


def resource_note(language: Language) -> str:
    """One line under information about suicide, self-harm or overdose."""
    return str(_wording()["resource_note"][language])


def personal_advice_lead(triage: Triage, language: Language, *, with_facts: bool = False) -> str:
    """A kind "no" to a personal question, worded for what was asked."""
    table = _wording()["personal_advice"][language]
    asked = said_by(triage)
    topic = next((name for name in _ADVICE if name in asked), "general")
    return f"{table[topic]} {table['general_facts']}" if with_facts else str(table[topic])


def _turned(variants: list[str], times_shown: int) -> str:
    return variants[times_shown % len(variants)]


def _action(name: str, language: Language) -> Action:
    entry = _wording()["actions"][name]
    return Action(text=entry[language], href=entry.get(f"{language}_href", entry["href"]))


def unusable(overrides: Any) -> Iterator[str]:
    """What of the practice's own wording no card can use, for whoever wrote it."""
    if not isinstance(overrides, Mapping):
        yield "`cards` is not a table. Write it as in [cards.crisis.en]"
        return
    for label, languages in overrides.items():
        if label not in URGENT or not isinstance(languages, Mapping):
            yield f"[cards.{label}] is no card. There are {', '.join(sorted(URGENT))}"
            continue
        for language, table in languages.items():
            place = f"[cards.{label}.{language}]"
            if language not in get_args(Language) or not isinstance(table, Mapping):
                yield f"{place} is in no language of the page. Write en or es"
                continue
            for key, value in table.items():
                if not _is_usable(key, value):
                    yield f"`{key}` in {place} is not used. {_WANTED.get(key, _NO_PART)}"


def _own(overrides: Mapping[str, Any] | None, label: str, language: Language) -> dict[str, Any]:
    """The usable part of the practice's own wording for a card."""
    try:
        table = (overrides or {})[label][language]
        usable = {key: value for key, value in table.items() if _is_usable(key, value)}
    except (KeyError, TypeError, AttributeError):
        return {}
    if len(usable) < len(table):
        log.error("wording of the %s card: %d entries unusable", label, len(table) - len(usable))
    return usable


def _is_usable(key: str, value: Any) -> bool:
    if key == "closing":
        return _is_text(value)
    if key == "body":
        return _is_texts(value) and all(number in " ".join(value) for number in _NUMBERS)
    return key in ("titles", "openings") and _is_texts(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_text(item) for item in value)


@cache
def _wording() -> dict[str, Any]:
    return read_toml(DATA / "cards.toml")
