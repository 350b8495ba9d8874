"""Slips of the finger are read as the word that the articles have; nothing else is changed."""

from __future__ import annotations

import pytest

from assistant.models import english_words
from assistant.text import Spelling

ARTICLES = [
    "Ketamine and lorazepam can make you sleepy. Antidepressants take weeks to work.",
    "Electroconvulsive therapy is given for depression. Some antidepressants cause nausea.",
]


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    return Spelling(ARTICLES, english_words())


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("how fast does ketamin work", "how fast does ketamine work"),
        ("Do antidepresants cause nasuea?", "Do antidepressants cause nausea?"),
        ("what is electroconvulsve therpy", "what is electroconvulsive therapy"),
    ],
)
def test_a_slip_is_read_as_the_word_of_the_articles(spelling, typed, read):
    assert spelling.mended(typed).text == read


@pytest.mark.parametrize(
    "question",
    [
        "Can my mother take ketamine?",
        "is an antidepressant a drug",  # another form of a written word
        "what about clonazepam and oxazepam",  # medicines that are not lorazepam
        "ects xyzzy 12345",
        "does wine make it worse",
        "",
    ],
)
def test_what_may_be_meant_as_typed_is_left_alone(spelling, question):
    assert spelling.mended(question).changes == ()
    assert spelling.mended(question).text == question


def test_what_was_changed_is_told(spelling):
    assert spelling.mended("Ketamin?").changes == (("Ketamin", "ketamine"),)


def test_of_two_equally_near_words_the_more_frequent_is_read():
    spelling = Spelling(["planner planter planter"], ())
    assert spelling.mended("planher").changes == (("planher", "planter"),)
