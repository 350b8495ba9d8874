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


@pytest.mark.parametrize(
    "text",
    ["Beyoncé ketamine?", "naïve question: TMS?", "우울증이 뭐예요?", "Ketamine là gì?", "мой сын"],
)
def test_letters_of_other_languages_do_not_make_a_message_spanish(text):
    """Else it would be answered, or get its card, in a language that nobody chose."""
    assert detect(text, "en") == "en"


@pytest.mark.parametrize("text", ["medicación", "insomnio en niños", "recaídas"])
def test_a_word_with_spanish_letters_is_spanish(text):
    assert detect(text, "en") == "es"


def test_spanish_in_capitals_stays_spanish():
    """Somebody in danger must read the card in the language they wrote in."""
    assert detect("ME VA MAL", "en") == "es"
