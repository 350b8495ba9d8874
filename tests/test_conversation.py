"""Follow-ups: earlier turns help to understand the question, and are never its evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.conversation import Subjects, questions
from assistant.library import known_things
from assistant.text import words
from assistant.types import Turn
from tests.test_answering import article

SUBJECTS = Subjects(names=frozenset({"ketamine", "esketamine", "tms", "ptsd", "panic", "sleep"}))
KNOWN = replace(SUBJECTS, things=Subjects.of([], things=known_things()).things)


def resolved(message: str, *earlier: str, subjects: Subjects = SUBJECTS) -> str:
    return alone(message, [Turn(role="user", text=text) for text in earlier], subjects)


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
        Turn(role="assistant", text="Here is what we know:\n\n“TMS is one option.” [1]"),
    ]
    assert alone("is it safe?", history) == "Is tms safe?"


@pytest.mark.parametrize(
    "reply",
    [
        "Nothing answers that.\n\nYou could also ask\nHow fast does ketamine work?",
        "I read “ketamin” as “ketamine”. Nothing answers that.",
        "Hello! I am the assistant of Bay TMS Center.",
        "",
    ],
)
def test_what_was_not_quoted_is_no_subject(reply):
    """Else the risks that are told would be those of a suggestion that nobody tapped."""
    history = [
        Turn(role="user", text="does the blue pill cause weight gain?"),
        Turn(role="assistant", text=reply),
    ]
    assert alone("what are its risks?", history) == "what are its risks?"


def test_a_list_is_quoted_on_several_lines():
    said = (
        "We say:\n\n“Some feel:\n\n- a “floating” mood\n- effects of TMS” [2]\n\nAsk your doctor."
    )
    history = [Turn(role="user", text="and?"), Turn(role="assistant", text=said)]
    assert alone("is it safe?", history) == "Is tms safe?"


def test_the_replies_of_the_assistant_are_read_as_they_are_written(assistant):
    """The marks around a quotation are the pipeline's; a change there must not pass unseen."""
    first = Turn(role="user", text="what is quick?")
    quoting = assistant.ask("How fast does ketamine work?")
    refusing = assistant.ask("Does ketamine help against migraines?")
    assert (quoting.kind, refusing.kind) == ("answer", "no_answer")
    assert refusing.suggestions
    for answer, expected in ((quoting, "Is ketamine safe?"), (refusing, "is it safe?")):
        assert alone("is it safe?", [first, Turn(role="assistant", text=answer.text)]) == expected


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


@pytest.mark.parametrize(
    ("earlier", "message", "expected"),
    [
        (
            ["What are the risks of ketamine?"],
            "What about Zoloft?",
            "What are the risks of zoloft?",
        ),
        (
            ["What are the risks of ketamine?", "What about Zoloft?"],
            "what are its risks?",
            "what are zoloft risks?",
        ),
        (
            ["What is ketamine?", "Does lithium cause weight gain?"],
            "is it safe in pregnancy?",
            "is lithium safe in pregnancy?",
        ),
        (
            ["How does TMS work?", "Tell me about Xanax"],
            "how long does it stay in the body?",
            "how long does xanax stay in the body?",
        ),
        (["What is ketamine?"], "Can I take Zoloft with it?", "Can I take Zoloft with ketamine?"),
        (["Does Zoloft (sertraline) work?"], "what about Prozac?", "Does prozac work?"),
        (["Does Prozac work?"], "and Zoloft (sertraline)?", "Does zoloft (sertraline) work?"),
        (["Tell me of Zoloft (sertraline)"], "is it safe?", "Is zoloft (sertraline) safe?"),
    ],
)
def test_a_follow_up_stays_with_a_drug_that_no_article_is_about(earlier, message, expected):
    """Else it would be answered with what is said of the drug before it."""
    assert resolved(message, *earlier, subjects=KNOWN) == expected


@pytest.mark.parametrize("name", [name for thing in known_things() for name in thing.named("en")])
def test_every_known_name_is_a_subject_as_a_whole(name):
    earlier = ("What is ketamine?", f"Tell me about {name}")
    expected = f"Is {' '.join(words(name))} safe?"
    assert resolved("is it safe?", *earlier, subjects=KNOWN) == expected


def test_part_of_a_known_name_is_none():
    """ "Shock therapy" and "attention deficit disorder" are names, their words are not."""
    assert KNOWN.first_in("which therapy gets attention as the best response to a shock?") == ""


def test_a_known_name_may_stand_in_the_other_number():
    assert KNOWN.first_in("What is a panic attack?") == "panic attack"


def test_known_names_do_not_say_which_article_may_speak():
    assert KNOWN.named_in("what are the risks of zoloft?") == frozenset()
    assert KNOWN.named_in("is ketamine better than zoloft?") == frozenset({"ketamin"})


@pytest.mark.parametrize(
    ("before", "message", "expected"),
    [
        ("How fast does ketamine work?", "what about PTSD?", "What about PTSD with ketamine?"),
        ("How is PTSD treated?", "what about Zoloft?", "What about Zoloft with ptsd?"),
        ("Does ketamine help with depression?", "and PTSD?", "Does ketamine help with ptsd?"),
        ("Does PTSD get better with TMS?", "and Zoloft?", "Does PTSD get better with zoloft?"),
        ("What is ketamine?", "what about PTSD?", "What is ptsd?"),
        ("What is ketamine?", "and for PTSD?", "What about PTSD with ketamine?"),
    ],
)
def test_a_condition_takes_the_place_of_a_condition_and_a_treatment_that_of_a_treatment(
    before, message, expected
):
    """ "How fast does PTSD work?" would ask nothing. What was to be explained is either."""
    assert resolved(message, before, subjects=KNOWN) == expected


@pytest.mark.parametrize("thing", known_things(), ids=lambda thing: thing.named("en")[0])
def test_all_names_of_a_thing_are_of_one_kind(thing):
    """A condition known by its letters alone must not be taken for a treatment."""
    subjects = replace(KNOWN, names=frozenset({"yoga"}))
    found = [
        resolved(f"what about {name}?", "How is yoga done?", subjects=subjects)
        for name in thing.named("en")
    ]
    assert len({"yoga" in question for question in found}) == 1


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("and for OCD?", "Is ketamine approved for OCD?"),
        ("for older adults with PTSD?", "Is ketamine approved for older adults with PTSD?"),
        ("and with Zoloft?", "Is ketamine approved for teenagers with Zoloft?"),
        ("after TMS?", "Is ketamine approved for teenagers after TMS?"),
        ("and for Zoloft?", "Is zoloft approved for teenagers?"),
        ("after Zoloft can I drive?", "after Zoloft can I drive?"),
        ("when is Zoloft used?", "when is Zoloft used?"),
    ],
)
def test_an_ending_that_names_something_is_still_an_ending(message, expected):
    before = "Is ketamine approved for teenagers?"
    assert resolved(message, before, subjects=KNOWN) == expected


def test_an_ending_without_which_nothing_is_asked_about_stays():
    """ "What treatments are there for PTSD?" names its subject in its ending."""
    before = "What treatments are there for PTSD?"
    assert resolved("and for teenagers?", before) == f"{before[:-1]} for teenagers?"
