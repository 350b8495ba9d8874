"""Vectors of texts are worked out once; what a visitor asks is never kept."""

from __future__ import annotations

import pytest

from assistant.models import likeness
from assistant.models.likeness import Likeness
from tests.fakes import WordEmbedder

TEXTS = ["Ketamine works within hours.", "TMS uses magnetic pulses."]


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


def test_a_text_is_embedded_once_and_likened_the_same(embedder):
    alike = Likeness(embedder)
    first = alike.to("How fast does ketamine work?", TEXTS)
    embedder.embedded.clear()
    again = alike.to("How fast does ketamine work?", TEXTS[::-1])
    assert embedder.embedded == ["How fast does ketamine work?"]
    assert list(again) == pytest.approx(list(first[::-1]))
    assert first[0] > first[1]


def test_prepared_texts_cost_nothing_when_asked_about(embedder):
    alike = Likeness(embedder)
    alike.prepare([*TEXTS, *TEXTS])
    assert embedder.embedded == TEXTS
    embedder.embedded.clear()
    alike.to("TMS?", TEXTS)
    assert embedder.embedded == ["TMS?"]


def test_a_question_is_never_remembered(embedder):
    alike = Likeness(embedder)
    alike.to("I feel low, what helps?", TEXTS)
    assert set(alike._vectors) == set(TEXTS)


def test_a_text_asked_about_twice_at_once_has_its_cosine_in_both_places(embedder):
    found = Likeness(embedder).to("magnetic pulses", [TEXTS[1], TEXTS[0], TEXTS[1]])
    assert found[0] == found[2] > found[1]


def test_what_is_kept_stays_within_its_bound(embedder, monkeypatch):
    monkeypatch.setattr(likeness, "KEPT", 3)
    alike = Likeness(embedder)
    for number in range(10):
        alike.to("pulses", [f"text {number} of pulses", TEXTS[1]])
        assert len(alike._vectors) <= 3
