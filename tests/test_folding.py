"""The normaliser: every disguise leads back to plain words, and no input hurts it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.text.folding import clean, fold
from assistant.triage.rules import rule_book


def folded(text: str) -> str:
    return rule_book().fold(text)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("SUICIDE", "suicide"),
        ("su1c1de", "suicide"),
        ("s u i c i d e", "suicide"),
        ("s.u.i.c.i.d.e", "suicide"),
        ("ｓｕｉｃｉｄｅ", "suicide"),
        ("sᴜicide", "suicide"),
        ("ѕuісіdе", "suicide"),
        ("su\u200bici\u200dde", "suicide"),
        ("𝓼𝓾𝓲𝓬𝓲𝓭𝓮", "suicide"),
        ("suiiiicide", "suicide"),
        ("sucidal", "suicidal"),
        ("k!ll", "kill"),
        ("depresión", "depresion"),
    ],
)
def test_a_disguise_is_led_back(typed, plain):
    assert folded(typed) == plain


def test_sentences_become_lines():
    assert fold("One here. Two there!\nThree.").split("\n") == ["one here", "two there", "three"]


def test_control_characters_are_gone():
    assert clean("a\x00b\x1b[31mc\u202ed\ud800e\nf") == "ab[31mcde\nf"


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_folded_and_triaged(text):
    found = rule_book().scan(text)
    assert all(line == line.strip() for line in found.lines)


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_folded_text_is_words_and_single_spaces(text):
    for line in fold(text).split("\n"):
        assert line == " ".join(line.split())
        assert all(word.isalnum() and word == word.lower() for word in line.split())


HOSTILE = [
    "a",
    "a ",
    "(",
    "((((]]]]",
    "s u ",
    "\u0301",
    "k!ll ",
    "..",
    "a.b,",
    "🔫",
    "\u200b",
    "Ａ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_with_length_alone(piece):
    """Ten times the text, about ten times the work: lines of Python run, not seconds."""
    import sys

    def work(text: str) -> int:
        count = 0

        def tracer(frame, event, arg):
            nonlocal count
            count += 1
            return tracer

        sys.settrace(tracer)
        try:
            fold(text, rule_book().lexicon)
        finally:
            sys.settrace(None)
        return count

    small, large = work(piece * 200), work(piece * 2000)
    assert large <= 15 * small + 2000
