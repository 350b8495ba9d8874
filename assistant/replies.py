"""Fixed replies: small talk, the practice's own details, and what is said when nothing answers."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from assistant.settings import DATA, Practice, read_toml, wording
from assistant.text import words
from assistant.types import Action, Language

# What to offer besides the detail that was asked for: ways to reach a person.
_REACH = ("phone", "booking_url", "email", "website")


def say(language: Language, table: str, key: str, practice: Practice, **values: str) -> str:
    """A text of the catalogue, its braces filled in."""
    template: str = wording(language)[table][key]
    return template.format(practice=practice.name, **values)


def day(value: date, language: Language) -> str:
    """A date as people of that language write it out."""
    page = wording(language)["page"]
    written: str = page["date"].format(
        day=value.day, month=page["months"][value.month - 1], year=value.year
    )
    return written


def small_talk(message: str, language: Language, practice: Practice) -> str:
    """A friendly fixed reply; a greeting when the message says nothing else."""
    topics = intents("small_talk", message)
    return say(language, "small_talk", topics[0] if topics else "greeting", practice)


def about_practice(message: str, language: Language, practice: Practice) -> str:
    """What `practice.toml` says on what was asked, or that it is not known. Nothing is invented."""
    asked = intents("practice", message)
    lines = []
    for topic in asked:
        if value := _value(practice, topic):
            lines.append(say(language, "practice", topic, practice, value=value))
    if not lines:
        lines.append(say(language, "practice", "unknown", practice))
    elif any(topic not in _REACH and not _value(practice, topic) for topic in asked):
        # What is told must not pass for the answer to what is not known.
        lines.append(say(language, "practice", "rest", practice))
    if practice.states and "states" not in asked:
        value = _value(practice, "states")
        lines.append(say(language, "practice", "states", practice, value=value))
    return "\n".join(lines)


def referral(language: Language, practice: Practice) -> str:
    """The sentence under every reply that points to a psychiatrist."""
    general = say(language, "reply", "referral", practice)
    return f"{general} {say(language, 'reply', 'referral_contact', practice)}"


def ways_to_reach(language: Language, practice: Practice) -> tuple[Action, ...]:
    """Telephone, booking, mail and website, as far as the practice has given them."""
    actions = []
    for topic in _REACH:
        value = _value(practice, topic)
        if not value:
            continue
        prefix = {"phone": "tel:", "email": "mailto:"}.get(topic, "")
        target = _to_dial(value) if topic == "phone" else value
        text = say(language, "reach", topic, practice, value=value)
        actions.append(Action(text=text, href=prefix + target))
    return tuple(actions)


def intents(table: str, message: str) -> list[str]:
    """What the message asks for, in the order of the table in `intents.toml`."""
    plain = f" {' '.join(words(message))} "
    return [
        topic
        for topic, phrases in _intents()[table].items()
        if any(f" {' '.join(words(phrase))} " in plain for phrase in phrases)
    ]


def _to_dial(phone: str) -> str:
    """The digits of a telephone number up to the first letter: "ext. 5" is no part of it."""
    number = re.search(r"[\d+][^A-Za-z]*", phone)
    return re.sub(r"[^\d+]", "", number[0]) if number else ""


def _value(practice: Practice, topic: str) -> str:
    value = getattr(practice, topic)
    return ", ".join(value) if isinstance(value, list) else value


@cache
def _intents() -> dict[str, dict[str, list[str]]]:
    return read_toml(DATA / "intents.toml")
