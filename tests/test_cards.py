"""Crisis cards: fixed, warm, complete in both languages, and safe from broken overrides."""

from __future__ import annotations

import tomllib

import pytest

from assistant.triage import cards
from assistant.types import URGENT, Triage

LABELS = sorted(URGENT)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("label", LABELS)
def test_every_card_has_help_that_can_be_tapped(label, language):
    card = cards.card(Triage(label=label), language)
    hrefs = [action.href for action in card.actions]
    assert hrefs
    assert all(href.startswith(("tel:", "sms:", "https://")) for href in hrefs)
    assert "tel:911" in hrefs
    assert "tel:988" in hrefs or label in ("emergency", "danger")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("label", LABELS)
def test_every_card_says_that_it_is_a_program_and_stays_open(label, language):
    text = cards.card(Triage(label=label), language).text
    assert "AI" in text or "inteligencia artificial" in text
    assert "writ" in text or "escrib" in text


@pytest.mark.parametrize("label", LABELS)
def test_a_card_shown_again_is_worded_afresh(label):
    first, second = (cards.card(Triage(label=label), "en", times_shown=n) for n in (0, 1))
    assert first.paragraphs[0] != second.paragraphs[0] or first.title != second.title


def test_imminent_danger_gets_its_own_words():
    plain = cards.card(Triage(label="crisis"), "en")
    imminent = cards.card(Triage(label="crisis", rule_ids=("x", "card:imminent")), "en")
    assert plain.paragraphs != imminent.paragraphs
    assert "911" in " ".join(imminent.paragraphs)


@pytest.mark.parametrize(
    "overrides",
    [
        None,
        {},
        {"crisis": None},
        {"crisis": {"en": {}}},
        {"crisis": {"en": {"titles": []}}},
        {"crisis": {"en": {"titles": [""], "openings": "no list", "body": [1]}}},
        {"crisis": "broken"},
        {"crisis": {"en": {"body": ["Please call 911.", "We will be in touch."]}}},
    ],
)
def test_an_empty_or_broken_override_falls_back(overrides):
    built_in = cards.card(Triage(label="crisis"), "en")
    assert cards.card(Triage(label="crisis"), "en", overrides=overrides) == built_in


def test_the_practice_can_change_the_wording():
    own = {"crisis": {"en": {"openings": ["We are glad that you wrote."]}}}
    card = cards.card(Triage(label="crisis"), "en", overrides=own)
    assert card.paragraphs[0] == "We are glad that you wrote."
    assert card.actions == cards.card(Triage(label="crisis"), "en").actions


def test_a_body_of_the_practices_own_keeps_the_words_on_immediate_danger():
    imminent = Triage(label="crisis", rule_ids=("x", "card:imminent"))
    own = {"crisis": {"en": {"body": ["Call 988.", "Or call 911."]}}}
    _, first, *others = cards.card(imminent, "en", overrides=own).paragraphs
    assert first == "Call 988."
    assert others[1:] == ["Or call 911."]
    assert others[0] in cards.card(imminent, "en").paragraphs


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[cards.crisis.en]\nopenings = ['We are here.']\nphone = '555'", "`phone`"),
        ("[cards.crisis.en]\nbody = ['Call us.']", "988 and 911"),
        ("[cards.crisis.en]\ntitles = 'One text'", "list of texts"),
        ("[cards.crises.en]\ntitles = ['x']", "no card"),
        ("[cards.crisis.fr]\ntitles = ['x']", "en or es"),
        ("cards = 'x'", "not a table"),
    ],
)
def test_whoever_words_a_card_is_told_what_no_card_uses(toml, says):
    (told,) = cards.unusable(tomllib.loads(toml)["cards"])
    assert says in told


def test_usable_words_for_a_card_are_no_complaint():
    table = {
        "crisis": {"en": {"openings": ["Hello."], "closing": "Take care.", "body": ["988 911"]}}
    }
    assert list(cards.unusable(table)) == []
