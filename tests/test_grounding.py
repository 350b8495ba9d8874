"""A sentence that a model wrote is shown only if the quotation says the same."""

from __future__ import annotations

import pytest

from assistant.grounding import coverage, supported, unsupported

QUOTE = (
    "In a small randomized trial, a single infusion of ketamine improved symptoms of depression "
    "within two hours, and the effect often faded within a week."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "A single infusion of ketamine improved symptoms of depression within two hours.",
        "The effect often faded within a week.",
        "In a small trial, ketamine improved depression symptoms, and the effect often faded.",
    ],
)
def test_faithful_sentences_pass(sentence):
    assert unsupported(sentence, QUOTE) == ""


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("A single infusion of ketamine improved symptoms within 3 hours.", "number"),
        ("A single infusion of ketamine improved symptoms within three hours.", "number"),
        ("Ketamine did not improve symptoms of depression within two hours.", "negated"),
        ("Ketamine always improved symptoms of depression within two hours.", "stronger"),
        ("Ketamine, sold as Spravato, improved symptoms of depression.", "name"),
        ("The effect faded within a week.", "surer"),
        ("Ketamine is often taken as a tablet with breakfast.", "words"),
        ("", "nothing"),
        ("It is so.", "nothing"),
    ],
)
def test_unfaithful_sentences_fail_and_say_why(sentence, why):
    """The mistakes models make: numbers, negation, certainty, names, and plain invention."""
    assert why in unsupported(sentence, QUOTE)
    assert supported(sentence, QUOTE) == (unsupported(sentence, QUOTE) == "")


def test_dropping_the_hedge_fails():
    quote = "Esketamine may help some adults whose depression resists other medicines."
    assert "surer" in unsupported("Esketamine helps adults whose depression resists.", quote)


def test_no_evidence_is_no_support():
    """A check that passes when there is nothing to check against would be open."""
    assert not supported("Ketamine works within hours.", "")


def test_coverage_counts_stems():
    assert coverage("infusions improve symptoms", QUOTE) == 1.0
    assert coverage("bananas", QUOTE) == 0.0
