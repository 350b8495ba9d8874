"""Which language a visitor writes in."""

from __future__ import annotations

import pytest

from assistant.text.language import detect


@pytest.mark.parametrize(
    "text",
    ["¿Qué es la ketamina?", "me quiero morir", "hola", "necesito una cita", "¿duele?", "gracias"],
)
def test_spanish(text):
    assert detect(text) == "es"


@pytest.mark.parametrize(
    "text", ["What is ketamine?", "I want to die", "hello", "ketamine", "", "123", "no", "TMS"]
)
def test_english_and_whatever_tells_nothing(text):
    assert detect(text) == "en"


def test_clear_english_stays_english_on_a_spanish_page():
    """Somebody in danger must read the card in the language they wrote in."""
    assert detect("I want to die and I have the pills here", "es") == "en"
    assert detect("TMS", "es") == "es"


@pytest.mark.parametrize("text", ["ketamine clinic los angeles", "psychiatrist LA", "VA ketamine"])
def test_a_place_with_a_spanish_name_does_not_make_a_search_spanish(text):
    assert detect(text, "en") == "en"


def test_spanish_in_capitals_stays_spanish():
    """Somebody in danger must read the card in the language they wrote in."""
    assert detect("ME VA MAL", "en") == "es"
