"""Follow-ups: earlier turns help to understand the question, and are never its evidence."""

from __future__ import annotations

import pytest

from assistant.conversation import Subjects, parts, standalone
from assistant.types import Turn
from tests.test_answering import article

SUBJECTS = Subjects(names=frozenset({"ketamine", "esketamine", "tms", "ptsd", "panic", "sleep"}))


def resolved(message: str, *earlier: str) -> str:
    history = [Turn(role="user", text=text) for text in earlier]
    return standalone(message, history, SUBJECTS).standalone


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("is it safe?", "Is ketamine safe?"),
        ("how long?", "How long does ketamine last?"),
        ("what about side effects?", "What about side effects with ketamine?"),
        ("and for teenagers?", "How fast does ketamine work for teenagers?"),
        ("why?", "Why? How fast does ketamine work?"),
        ("what about esketamine?", "How fast does esketamine work?"),
        ("what did you say about blood pressure?", "What about blood pressure with ketamine?"),
        ("how is TMS different from that?", "how is TMS different from ketamine?"),
        ("so what happens during a session?", "what happens during a session with ketamine?"),
    ],
)
def test_a_follow_up_gets_the_subject(message, expected):
    assert resolved(message, "How fast does ketamine work?") == expected


@pytest.mark.parametrize("message", ["How does TMS feel?", "What is PTSD?", ""])
def test_a_message_with_its_own_subject_is_left_alone(message):
    assert resolved(message, "How fast does ketamine work?") == message


def test_without_history_nothing_is_added():
    assert resolved("is it safe?") == "is it safe?"


def test_the_last_subject_wins():
    assert resolved("is it safe?", "How fast is ketamine?", "How does TMS work?") == "Is tms safe?"


def test_a_chain_of_follow_ups_keeps_the_subject():
    assert "ketamine" in resolved("and is it safe?", "What is ketamine?", "how long?", "why?")


def test_the_subject_of_an_answer_serves_when_the_question_named_none():
    history = [
        Turn(role="user", text="what helps when nothing works?"),
        Turn(role="assistant", text="TMS is one option."),
    ]
    assert standalone("is it safe?", history, SUBJECTS).standalone == "Is tms safe?"


def test_the_original_is_kept():
    history = [Turn(role="user", text="What is ketamine?")]
    assert standalone("is it safe?", history, SUBJECTS).original == "is it safe?"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("¿y para adolescentes?", "¿Cuánto tarda la ketamina para adolescentes?"),
        ("¿y los efectos secundarios?", "Qué hay de los efectos secundarios con ketamina?"),
        ("¿y la EMT?", "¿Cuánto tarda la emt?"),
        ("¿cuánto cuesta?", "cuánto cuesta con ketamina?"),
    ],
)
def test_a_spanish_follow_up_gets_the_subject_in_spanish(message, expected):
    subjects = Subjects(names=frozenset({"ketamina", "emt"}))
    history = [Turn(role="user", text="¿Cuánto tarda la ketamina?")]
    assert standalone(message, history, subjects).standalone == expected


@pytest.mark.parametrize("polite", ["thanks", "Thank you!", "ok, great", "¡Gracias!"])
def test_thanks_leave_the_question_before_them_in_its_place(polite):
    asked = ("How fast does ketamine work?", polite)
    assert resolved("and for teenagers?", *asked) == "How fast does ketamine work for teenagers?"


def test_a_subject_is_replaced_as_a_whole_word_only():
    swapped = resolved("what about TMS?", "Is ketamine like esketamine?")
    assert swapped == "Is tms like esketamine?"


def test_an_accented_subject_is_replaced_too():
    subjects = Subjects(names=frozenset({"estimulacion", "magnetica", "ketamina"}))
    history = [Turn(role="user", text="¿Cuánto tarda la estimulación magnética?")]
    asked = standalone("¿y la ketamina?", history, subjects).standalone
    assert asked == "¿Cuánto tarda la ketamina?"


@pytest.mark.parametrize("question", ["¿Para qué sirve?", "¿En qué consiste?", "si, cuéntame más"])
def test_a_spanish_question_of_its_own_is_no_end_of_the_last_one(question):
    history = [Turn(role="user", text="¿Cuánto tarda la ketamina?")]
    subjects = Subjects(names=frozenset({"ketamina"}))
    assert "Cuánto tarda" not in standalone(question, history, subjects).standalone


def test_ordinary_words_of_a_title_are_no_subjects():
    """Else "tell me more" would name one, and stand alone."""
    bipolar = article(id_="bipolar-disorder", title="Bipolar disorder: more than mood swings")
    inherited = article(id_="genes", title="Is it inherited? What genes can tell")
    names = Subjects.of([bipolar, inherited]).names
    assert {"bipolar", "inherited"} <= names
    assert not {"more", "than", "swings", "what", "it", "tell"} & names


def test_two_questions_in_one_message_are_told_apart_in_spanish_too():
    subjects = Subjects(names=frozenset({"ketamina"}))
    asked = parts("¿Qué es la ketamina? ¿Y cuánto dura?", subjects)
    assert asked == ["¿Qué es la ketamina?", "cuánto dura con ketamina?"]


def test_a_word_of_the_whole_field_does_not_say_which_article_may_speak():
    """ "Psychiatric medicines" does not ask for the article on the psychiatric evaluation."""
    subjects = Subjects(names=frozenset({"psychiatric", "evaluation"}))
    assert subjects.named_in("do side effects of psychiatric medicines go away") == frozenset()
    assert subjects.named_in("what happens in a psychiatric evaluation")
