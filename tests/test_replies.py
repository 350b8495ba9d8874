"""Fixed replies: nothing about the practice is invented."""

from __future__ import annotations

import re

import pytest

from assistant import replies
from assistant.settings import DATA, Practice, read_toml, wording

FULL = Practice(
    name="The Practice",
    phone="(555) 010-0199",
    booking_url="https://book.example",
    insurance="We accept Example Insurance.",
    states=["California"],
)


CARDS = read_toml(DATA / "cards.toml")


def texts(data):
    """Every text in a table of texts, lists and tables."""
    if isinstance(data, str):
        yield data
    else:
        for value in data.values() if isinstance(data, dict) else data:
            yield from texts(value)


def keys(data, path=""):
    """The way to every text: names of tables, and places in lists."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            if key != "names":  # by Streamlit's own English names, which hold the other words
                yield from keys(value, f"{path}.{key}")
    else:
        yield path


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


@pytest.mark.parametrize(
    "message",
    ["Do you take insurance in California?", "What are your fees, and your phone number?"],
)
def test_what_is_known_does_not_pass_for_an_answer_to_what_is_not(message):
    """Of a practice that has given its states and telephone, but neither insurance nor fees."""
    some = Practice(name="The Practice", states=["California"], phone="(555) 010-0199")
    assert "rest of what you asked" in replies.about_practice(message, "en", some)
    assert "rest of what you asked" not in replies.about_practice(
        message, "en", FULL.model_copy(update={"fees": "The first visit is free."})
    )


@pytest.mark.parametrize(
    "message",
    [
        "Do you take Tricare?",
        "what is my deductible",
        "are you out of network",
        "is Anthem accepted",
    ],
)
def test_whatever_asks_about_insurance_is_told_what_the_practice_accepts(message):
    assert "Example Insurance" in replies.about_practice(message, "en", FULL)


@pytest.mark.parametrize(
    ("phone", "href"),
    [
        ("(555) 010-0199", "tel:5550100199"),
        ("+1 555 010 0199", "tel:+15550100199"),
        ("(555) 010-0199 ext. 5", "tel:5550100199"),
        ("Office: (555) 010-0199", "tel:5550100199"),
    ],
)
def test_a_telephone_link_holds_the_digits_of_the_number_only(phone, href):
    call = replies.ways_to_reach("en", FULL.model_copy(update={"phone": phone}))[0]
    assert (call.text, call.href) == (f"Call {phone}", href)


def test_nothing_suggests_that_a_licensed_person_speaks():
    """Neither in the replies and the page nor on the cards and before general facts."""
    pretending = re.compile(
        r"\b(?:I (?:recommend|advise|diagnose|prescribe)|as your psychiatrist|le recomiendo)\b",
        re.I,
    )

    shown = [text for data in (wording("en"), wording("es"), CARDS) for text in texts(data)]
    assert not [text for text in shown if pretending.search(text)]


def test_texts_in_lists_and_on_cards_are_looked_at():
    """Bodies of cards are lists; the leads of personal questions stand in the same file."""
    found = set(texts(CARDS))
    assert {CARDS["crisis"]["en"]["body"][0], CARDS["personal_advice"]["es"]["dose"]} <= found


def test_both_languages_have_the_same_texts():
    """And as many in each list: a point that is missing in one is missing for its readers."""
    assert set(keys(wording("en"))) == set(keys(wording("es")))
    for name, card in CARDS.items():
        if "en" in card:
            assert set(keys(card["en"])) == set(keys(card["es"])), name
