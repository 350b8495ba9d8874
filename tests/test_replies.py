"""Fixed replies: nothing about the practice is invented."""

from __future__ import annotations

import pytest

from assistant import replies
from assistant.settings import Practice, wording

FULL = Practice(
    name="The Practice",
    phone="(555) 010-0199",
    booking_url="https://book.example",
    insurance="We accept Example Insurance.",
    states=["California"],
)


def test_what_is_asked_is_answered_from_the_practice_file():
    assert "(555) 010-0199" in replies.about_practice("What's your phone number?", "en", FULL)
    assert "Example Insurance" in replies.about_practice("do you take insurance", "en", FULL)


@pytest.mark.parametrize(
    "message", ["What are your hours?", "do you take Aetna?", "how much is it"]
)
def test_what_is_not_given_is_not_invented(message):
    empty = Practice(name="The Practice")
    text = replies.about_practice(message, "en", empty)
    assert "ask the practice" in text.lower()
    assert not any(character.isdigit() for character in text)


def test_a_telephone_link_holds_digits_only():
    [call, _book] = replies.ways_to_reach("en", FULL)
    assert call.href == "tel:5550100199"


def test_nothing_suggests_that_a_licensed_person_speaks():
    import re

    pretending = re.compile(
        r"\b(?:I (?:recommend|advise|diagnose|prescribe)|as your psychiatrist|le recomiendo)\b",
        re.I,
    )

    def texts(table):
        for value in table.values():
            if isinstance(value, dict):
                yield from texts(value)
            elif isinstance(value, str):
                yield value

    for language in ("en", "es"):
        assert not [text for text in texts(wording(language)) if pretending.search(text)]


def test_both_languages_have_the_same_texts():
    def keys(table, path=""):
        for key, value in table.items():
            if key == "names":  # by Streamlit's own English names, which hold words of the language
                continue
            yield from (
                keys(value, f"{path}.{key}") if isinstance(value, dict) else [f"{path}.{key}"]
            )

    assert set(keys(wording("en"))) == set(keys(wording("es")))
