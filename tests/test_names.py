"""A thing has several names: a question by one of them finds articles by another."""

from __future__ import annotations

import pytest

from assistant.conversation import Subjects
from assistant.library import known_things
from assistant.models import common_words
from assistant.pipeline import Assistant
from assistant.publishing import publish
from assistant.text import Names, Thing, words
from tests.conftest import assistant_for

THINGS = (
    Thing(en=("transcranial magnetic stimulation", "tms"), es=("estimulación magnética", "emt")),
    Thing(en=("post traumatic stress disorder", "ptsd")),
    Thing(en=("sertraline", "zoloft"), es=("sertralina",)),
    Thing(en=("postpartum depression", "ppd"), es=("depresión posparto",)),
    Thing(en=("depression",), es=("depresión",)),
)
TITLES = [
    "Transcranial magnetic stimulation for depression",
    "Life with PTSD",
    "Depresión posparto",
]
TEXTS = ["Sertraline is an antidepressant. TMS is another treatment."]


@pytest.fixture
def names() -> Names:
    return Names(THINGS, TITLES, TEXTS)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("who can't have TMS?", "who can't have TMS (transcranial magnetic stimulation)?"),
        ("Post-traumatic stress disorder", "Post-traumatic stress disorder (ptsd)"),
        ("does Zoloft work", "does Zoloft (sertraline) work"),
    ],
)
def test_a_name_that_no_title_has_is_joined_by_the_one_that_articles_go_by(names, typed, read):
    assert names.completed(typed, "en") == read


@pytest.mark.parametrize(
    ("sentences", "read"),
    [
        (["Zoloft helps.", "Sertraline helps."], "does Zoloft work"),
        (["Sertraline helps, in many."] * 9, "does Zoloft (sertraline) work"),
        (["Zoloft helps."] * 9, "does Zoloft work"),
    ],
)
def test_a_name_that_only_the_title_has_is_joined_by_the_one_that_sentences_have(sentences, read):
    """The reader compares the question with sentences; a title stands above each, but once."""
    names = Names(THINGS, ["Zoloft (sertraline)"], sentences)
    assert names.completed("does Zoloft work", "en") == read


@pytest.mark.parametrize(
    "question",
    [
        "transcranial magnetic stimulation or TMS",
        "what is ptsd",  # in a title
        "side effects of sertraline",  # written, though in no title, and no other name is
        "the atms near here, and items",
        "",
    ],
)
def test_a_name_by_which_the_articles_go_is_left_alone(names, question):
    assert names.completed(question, "en") == question


def test_a_spanish_question_gets_the_spanish_name_or_the_english_one_of_the_articles(names):
    assert names.completed("¿qué es la EMT?", "es").endswith(
        "EMT (transcranial magnetic stimulation)?"
    )
    assert names.completed("¿y la PPD?", "es") == "¿y la PPD (depresión posparto)?"


def test_a_question_is_known_by_either_name_alone(names):
    """Whoever compares word by word must not stumble over the brackets."""
    read = names.completed("¿Duele la estimulación magnética, o Zoloft?", "es")
    assert names.by_one_name(read) == (
        "¿Duele la estimulacion magnetica, o Zoloft?",
        "¿Duele la transcranial magnetic stimulation, o sertraline?",
    )
    assert names.by_one_name("TMS (in the morning), and TMS (zoloft)") == ()


def test_spanish_names_are_those_of_what_articles_speak_of():
    """An English article on a medicine makes its Spanish name a word that can be meant."""
    things = (*THINGS, Thing(en=("lorazepam", "ativan tablets")), Thing(es=("litio",)))
    names = Names(things, TITLES, [*TEXTS, "Lorazepam calms."])
    assert names.spoken("es") == [
        "estimulación magnética", "emt", "ptsd", "sertralina", "depresión posparto", "depresión",
        "lorazepam",
    ]  # fmt: skip


def test_accents_may_be_left_out(names):
    read = names.completed("estimulacion magnetica, duele?", "es")
    assert read == "estimulacion magnetica (transcranial magnetic stimulation), duele?"


def test_no_name_stands_for_two_things():
    """A drug must never be read as another one."""
    seen: dict[str, int] = {}
    for number, thing in enumerate(known_things()):
        for name in {*thing.en, *thing.es}:
            plain = " ".join(words(name))
            assert seen.setdefault(plain, number) == number, name


def test_an_article_is_found_and_may_speak_under_another_name(publication, write):
    """Its title has the long name alone, and so has every sentence; the question the short one."""
    write(
        "ocd.md",
        "Rituals that take more than an hour a day are a sign. They bring relief for a moment, and "
        "then the doubt comes back, so that many people repeat them again and again.",
        title="Obsessive-compulsive disorder",
    )
    publish(publication)
    answer = assistant_for(publication).ask("rituals sign of OCD?")
    assert [citation.article_id for citation in answer.citations] == ["ocd"]


OCD = """Rituals that take more than an hour a day are a sign.

## Is OCD inherited?

Twins of people who have it are ill more often than others.

## References

- Pauls DL. The genetics of obsessive-compulsive disorder: a review. 2010.
- Foa EB. Studies on OCD. 2005.
"""


@pytest.fixture
def ocd(publication, write) -> Assistant:
    write("ocd.md", OCD, title="Obsessive-compulsive disorder")
    publish(publication)
    return assistant_for(publication)


def test_a_heading_is_found_by_its_own_words_though_its_name_was_completed(ocd, publication):
    publication.reader.threshold = 1.1  # unsure of everything
    assert "(obsessive compulsive disorder)" in ocd.library().mended("OCD", "en").text
    answer = ocd.ask("Is OCD inherited?")
    assert [excerpt.text[:5] for excerpt in answer.excerpts] == ["Twins"]


def test_studies_are_listed_by_whichever_name_they_use(ocd):
    answer = ocd.ask("Are there studies on OCD?")
    shown = " ".join(excerpt.text for excerpt in answer.excerpts)
    assert "Pauls" in shown
    assert "Foa" in shown


def test_everyday_words_of_a_title_do_not_decide_who_may_speak():
    """With "life" in one title, only that article could have told what happens later in life."""
    titled = Subjects(names=frozenset({"bipolar", "life"}), common=common_words())
    assert titled.named_in("why do women find out later in life") == frozenset()
    assert titled.named_in("bipolar disorder later in life") == frozenset({"bipolar"})


SLEEP = """Zolpidem can lead to sleepwalking in some people.

Lithium levels can rise when people drink too little.

Antidepressants can make dreams more vivid.

The antidepressant bupropion can bring on seizures.

Non-stimulant medicines can become a habit for nobody.
"""


@pytest.fixture
def sleep(publication, write) -> Assistant:
    write("sleep.md", SLEEP, title="Medicines and sleep")
    publish(publication)
    return assistant_for(publication)


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("Can Ambien lead to sleepwalking?", "Zolpidem"),
        ("Can trazodone lead to sleepwalking?", None),
        ("Can lithium levels rise when people drink too little?", "Lithium"),
        ("Can lithium levels rise when people drink ibuprofen?", None),
        ("Can Zoloft make dreams more vivid?", "Antidepressants"),  # sertraline is one
        ("Can lithium make dreams more vivid?", None),
        ("Can bupropion bring on seizures?", "The"),
        ("Can Zoloft bring on seizures?", None),  # another antidepressant can
        ("Can Ritalin become a habit for nobody?", None),  # it is a stimulant
    ],
)
def test_what_is_asked_about_a_medicine_is_answered_only_by_words_that_name_it(
    sleep, question, opening
):
    """What is true of one medicine may be wrong for another, however alike the questions are."""
    answer = sleep.ask(question)
    assert [excerpt.text.split()[0] for excerpt in answer.excerpts] == (
        [opening] if opening else []
    )


@pytest.mark.parametrize("question", ["St. John's wort for sleep", "does st johns wort help"])
def test_a_name_with_an_apostrophe_is_known_with_it_and_without(question):
    assert Names(known_things(), [], []).treatments_in(question, "en")


def test_an_abbreviation_of_one_language_is_none_in_the_other():
    """Emergency medical technicians ask about themselves, not about magnetic stimulation."""
    names = Names(known_things(), ["Transcranial magnetic stimulation (TMS)"], [])
    asked = "I'm an EMT, can I get PTSD from my job?"
    assert names.treatments_in(asked, "en") == ()
    assert "tms" not in names.completed(asked, "en").lower()
    assert names.treatments_in("¿La EMT duele?", "es")
    assert names.treatments_in("Does TMS hurt?", "en") == names.treatments_in("¿TMS duele?", "es")
