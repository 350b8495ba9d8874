"""Follow-ups: earlier turns help to understand the question, and are never its evidence."""

from __future__ import annotations

import pytest

from assistant.conversation import Subjects, standalone
from assistant.types import Turn

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
