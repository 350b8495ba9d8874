"""Follow-ups: earlier turns help to understand the question, and are never its evidence."""

from __future__ import annotations

import pytest

from assistant.conversation import Subjects, questions
from assistant.types import Turn
from tests.test_answering import article

SUBJECTS = Subjects(names=frozenset({"ketamine", "esketamine", "tms", "ptsd", "panic", "sleep"}))


def resolved(message: str, *earlier: str) -> str:
    (found,) = asked(message, *earlier)
    return found


def alone(message: str, history: list[Turn], subjects: Subjects = SUBJECTS) -> str:
    """The only question of a message."""
    (found,) = questions(message, history, subjects)
    return found.standalone


def asked(message: str, *earlier: str) -> list[str]:
    history = [Turn(role="user", text=text) for text in earlier]
    return [question.standalone for question in questions(message, history, SUBJECTS)]


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
    assert alone("is it safe?", history) == "Is tms safe?"


def test_the_original_is_kept():
    history = [Turn(role="user", text="What is ketamine?")]
    (question,) = questions("is it safe?", history, SUBJECTS)
    assert question.original == "is it safe?"


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
    assert alone(message, history, subjects) == expected


@pytest.mark.parametrize("polite", ["thanks", "Thank you!", "ok, great", "¡Gracias!"])
def test_thanks_leave_the_question_before_them_in_its_place(polite):
    asked = ("How fast does ketamine work?", polite)
    assert resolved("and for teenagers?", *asked) == "How fast does ketamine work for teenagers?"


def test_a_subject_is_replaced_as_a_whole_word_only():
    swapped = resolved("what about TMS?", "Is ketamine like esketamine?")
    assert swapped == "Is tms like esketamine?"


def test_a_compound_name_is_replaced_as_a_whole():
    """Else the next question would be "What is treatment-esketamine?"."""
    subjects = Subjects(names=frozenset({"resistant", "depression", "esketamine"}))
    history = [Turn(role="user", text="What is treatment-resistant depression?")]
    assert alone("What about esketamine?", history, subjects) == "What is esketamine?"


def test_a_second_group_takes_the_place_of_the_first():
    """Else the question would grow with every turn, and nothing would answer it."""
    asked = ("How fast does ketamine work?", "and for teenagers?")
    expected = "How fast does ketamine work for older adults?"
    assert resolved("and for older adults?", *asked) == expected


def test_a_follow_up_on_two_lines_is_one_question():
    expected = "How fast does ketamine work for teenagers, please?"
    assert resolved("and for teenagers,\nplease?", "How fast does ketamine work?") == expected


def test_the_pages_language_decides_where_a_follow_up_tells_none():
    """ "riesgos?" on the Spanish page must not become "riesgos with ketamina?"."""
    subjects = Subjects(names=frozenset({"ketamina"}))
    history = [Turn(role="user", text="ketamina")]
    (question,) = questions("riesgos?", history, subjects, "es")
    assert question.standalone == "riesgos con ketamina?"


def test_an_accented_subject_is_replaced_too():
    subjects = Subjects(names=frozenset({"estimulacion", "magnetica", "ketamina"}))
    history = [Turn(role="user", text="¿Cuánto tarda la estimulación magnética?")]
    assert alone("¿y la ketamina?", history, subjects) == "¿Cuánto tarda la ketamina?"


@pytest.mark.parametrize("question", ["¿Para qué sirve?", "¿En qué consiste?", "si, cuéntame más"])
def test_a_spanish_question_of_its_own_is_no_end_of_the_last_one(question):
    history = [Turn(role="user", text="¿Cuánto tarda la ketamina?")]
    subjects = Subjects(names=frozenset({"ketamina"}))
    assert "Cuánto tarda" not in alone(question, history, subjects)


def test_ordinary_words_of_a_title_are_no_subjects():
    """Else "tell me more" would name one, and stand alone."""
    bipolar = article(id_="bipolar-disorder", title="Bipolar disorder: more than mood swings")
    inherited = article(id_="genes", title="Is it inherited? What genes can tell")
    names = Subjects.of([bipolar, inherited]).names
    assert {"bipolar", "inherited"} <= names
    assert not {"more", "than", "swings", "what", "it", "tell"} & names


def test_two_questions_in_one_message_are_told_apart_in_spanish_too():
    subjects = Subjects(names=frozenset({"ketamina"}))
    found = questions("¿Qué es la ketamina? ¿Y cuánto dura?", [], subjects)
    assert [question.standalone for question in found] == [
        "¿Qué es la ketamina?",
        "cuánto dura con ketamina?",
    ]


def test_a_word_of_the_whole_field_does_not_say_which_article_may_speak():
    """ "Psychiatric medicines" does not ask for the article on the psychiatric evaluation."""
    subjects = Subjects(names=frozenset({"psychiatric", "evaluation"}))
    assert subjects.named_in("do side effects of psychiatric medicines go away") == frozenset()
    assert subjects.named_in("what happens in a psychiatric evaluation")


@pytest.mark.parametrize(
    ("before", "message", "expected"),
    [
        ("How does TMS work?", "Does it help with PTSD?", "Does tms help with PTSD?"),
        ("How does TMS work?", "does it affect sleep?", "does tms affect sleep?"),
        ("How does TMS work?", "can someone with PTSD try it?", "can someone with PTSD try tms?"),
        ("What is PTSD?", "why does PTSD make it hard to relax?", None),
    ],
)
def test_it_is_what_was_talked_of_though_the_message_names_a_second_subject(
    before, message, expected
):
    assert resolved(message, before) == (expected or message)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Is there anything that helps with nausea?", "nausea with ketamine?"),
        ("Are there treatments that work faster?", "faster with ketamine?"),
        ("Is it possible to drive home?", "Is it possible to drive home with ketamine?"),
        ("Is it true that it is addictive?", "Is it true that ketamine is addictive?"),
        ("does that hurt?", "does ketamine hurt?"),
    ],
)
def test_it_and_that_are_only_replaced_where_they_point_at_something(message, expected):
    assert resolved(message, "What is ketamine?").endswith(expected)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("how long do they last?", "how long do the side effects of ketamine last?"),
        ("how long?", "How long do the side effects of ketamine last?"),
        ("are they dangerous?", "are the side effects of ketamine dangerous?"),
        ("is it addictive?", "is ketamine addictive?"),
    ],
)
def test_they_are_the_side_effects_that_were_asked_about(message, expected):
    assert resolved(message, "What are the side effects of ketamine?") == expected


@pytest.mark.parametrize(
    "message", ["What is mania?", "What's a safety plan?", "¿Qué es la manía?"]
)
def test_who_asks_what_something_is_has_named_it(message):
    """Else the article on it could not speak, for it does not name what was talked of before."""
    assert resolved(message, "What is ketamine?") == message


def test_what_belongs_to_something_is_asked_of_the_subject():
    assert resolved("what are the side effects?", "What is ketamine?").endswith("with ketamine?")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("For how long does it last?", "For how long does ketamine last?"),
        ("If I stop, does it come back?", "If I stop, does ketamine come back?"),
        ("how many?", "How many? How often is ketamine given?"),
    ],
)
def test_a_message_that_asks_by_itself_is_no_end_of_the_last_one(message, expected):
    assert resolved(message, "How often is ketamine given?") == expected


def test_singular_and_plural_name_the_same():
    subjects = Subjects(names=frozenset({"antidepressants"}))
    assert subjects.named_in("is an antidepressant addictive") == frozenset({"antidepress"})


@pytest.mark.parametrize(
    "message",
    [
        "What can I do when my partner is depressed and does not want help?",
        "What is the difference between what a therapist does and what a psychiatrist does?",
        "I feel depressed and can't sleep, what helps?",
        "Who has tried two of them and is still depressed?",
        "does it help at night and when I wake up early?",
    ],
)
def test_one_question_stays_one(message):
    assert len(asked(message)) == 1


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("What's TMS? Does it hurt?", ["What's TMS?", "Does tms hurt?"]),
        (
            "What is ketamine? Is it safe? How long does it last?",
            ["What is ketamine?", "Is ketamine safe?", "How long does ketamine last?"],
        ),
        ("How does TMS work and is it safe?", ["How does TMS work", "Is tms safe?"]),
    ],
)
def test_two_or_three_questions_are_told_apart(message, expected):
    assert asked(message) == expected


def test_both_parts_of_a_follow_up_get_the_subject():
    """Else the first would be answered by what is said of other treatments."""
    found = asked("what are the side effects and how long do they last?", "What is ketamine?")
    assert found == [
        "what are the side effects with ketamine?",
        "how long do the side effects of ketamine last?",
    ]
