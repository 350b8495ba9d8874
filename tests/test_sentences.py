"""Sentences and blocks: whatever is shown to a visitor is cut here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.spans import Sentences
from assistant.text import blocks, split
from assistant.types import Span

ARTICLE = """Ketamine is an anesthetic. Zarate et al. (2006) studied it.

## How fast does it work?

Relief can come within hours, e.g. on
the same day. Dr. Lee saw that too!

- First sign. It passes.
- second sign

| Sign | How often |
|------|-----------|
| Sleep | common |
"""


def cut(text: str) -> list[Span]:
    return [sentence.span for sentence in Sentences(text).all]


def test_offsets_are_exact():
    for span in cut(ARTICLE):
        assert ARTICLE[span.start : span.end] == span.text


def test_abbreviations_do_not_end_a_sentence():
    texts = [span.text for span in cut(ARTICLE)]
    assert "Zarate et al. (2006) studied it." in texts
    assert "Dr. Lee saw that too!" in texts


def test_headings_are_not_statements():
    assert all("How fast" not in span.text for span in cut(ARTICLE))


def test_list_markers_stay_outside():
    texts = [span.text for span in cut(ARTICLE)]
    assert texts[4:7] == ["First sign.", "It passes.", "second sign"]


def test_a_table_stays_whole():
    """A cell means nothing without its row, nor a row without the heads of its columns."""
    assert cut(ARTICLE)[-1].text == ARTICLE[ARTICLE.index("| Sign") :].strip()


def test_heading_levels():
    assert [b.level for b in blocks("# A\n\n### B") if b.kind == "heading"] == [1, 3]


@pytest.mark.parametrize(
    "whole",
    [
        "La Dra. López dice que sí.",
        "See Smith et al. (2010) for more.",
        "About 3.5 % of people improved.",
        "It happens, e.g. at night.",
        "Mr. and Mrs. Jones came at 5 p.m. yesterday.",
    ],
)
def test_one_sentence_stays_one(whole):
    """Half a sentence says something that nobody approved."""
    assert [span.text for span in split(whole)] == [whole]


@given(st.text(max_size=400))
def test_any_text_is_cut_without_loss(text):
    """No crash, no overlap, no invented character, on whatever an editor or a visitor types."""
    end = 0
    for span in cut(text):
        assert span.start >= end
        assert text[span.start : span.end] == span.text
        end = span.end
