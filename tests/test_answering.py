"""Choosing spans, suggestions, and checking what a language model wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from assistant.answering import ExtractiveAnswerer, GenerativeAnswerer, headings, questions_in
from assistant.answering.generative import checked
from assistant.chunking import chunk_article
from assistant.corpus.references import parse_reference
from assistant.types import Article, Citation, Passage, Question
from tests.fakes import WordReader

BODY = """Ketamine can ease depression within hours. These effects often fade in two weeks.

## What should be watched after ketamine?

Staff watch three things after ketamine:

- blood pressure
- breathing
- how awake the person is
"""


def article(body: str = BODY, id_: str = "ketamine", title: str = "Ketamine") -> Article:
    return Article(
        id=id_,
        title=title,
        body=body,
        approved_by="x",
        approved_on=date(2026, 1, 1),
        review_by=date(2027, 1, 1),
        path="k.md",
        content_hash=id_,
    )


def answer(question: str, *articles: Article) -> list[str]:
    known = {a.id: a for a in articles or (article(),)}
    passages = [Passage(chunk=c) for a in known.values() for c in chunk_article(a)]
    asked = Question(original=question, standalone=question)
    found = ExtractiveAnswerer(WordReader()).answer(asked, passages, known)
    return [excerpt.text for excerpt, _ in found]


def assured(asked: Question, source: Article) -> list[str]:
    """What is answered by a reader that is sure of nothing."""
    unsure = WordReader()
    unsure.threshold = 1.1
    passages = [Passage(chunk=chunk) for chunk in chunk_article(source)]
    found = ExtractiveAnswerer(unsure).answer(asked, passages, {source.id: source})
    return [excerpt.text for excerpt, _ in found]


def test_the_best_span_comes_first():
    assert answer("How fast does ketamine ease depression within hours?")[0].startswith(
        "Ketamine can ease depression within hours."
    )


def test_what_is_said_of_another_treatment_is_no_answer():
    """However alike the sentences are: of esketamine for children, asked about ECT."""
    spray = article("Esketamine is not approved for children.", "esketamine", "Esketamine")
    passages = [Passage(chunk=chunk) for chunk in chunk_article(spray)]
    asked = "Is ECT not approved for children?"
    known = {spray.id: spray}
    for names, count in ((frozenset(), 1), (frozenset({"ect"}), 0), (frozenset({"esketamin"}), 1)):
        question = Question(original=asked, standalone=asked, names=names)
        found = ExtractiveAnswerer(WordReader()).answer(question, passages, known)
        assert len(found) == count


def test_passages_on_something_else_take_no_place_among_those_that_are_read():
    """Only the first few are read; those that can't answer must not crowd out one that can."""
    others = [article(f"ECT helps many people, {n}.", f"ect-{n}", "ECT") for n in range(20)]
    spray = article("Esketamine helps many people.", "esketamine", "Esketamine")
    known = {a.id: a for a in (*others, spray)}
    passages = [Passage(chunk=chunk) for a in known.values() for chunk in chunk_article(a)]
    asked = "Does esketamine help many people?"
    question = Question(original=asked, standalone=asked, names=frozenset({"esketamin"}))
    [(excerpt, _)] = ExtractiveAnswerer(WordReader()).answer(question, passages, known)
    assert excerpt.text == "Esketamine helps many people."


def test_a_passage_scores_as_its_best_span_does():
    """An editor sees at the desk what decides for visitors."""
    known = {"tms": article("TMS taps. Ketamine can ease depression within hours.", "tms")}
    [passage] = [Passage(chunk=c) for c in chunk_article(known["tms"])]
    asked = "Can ketamine ease depression within hours?"
    question = Question(original=asked, standalone=asked)
    answerer = ExtractiveAnswerer(WordReader())
    [ranked] = answerer.rank(question, [passage], known)
    best = "Ketamine can ease depression within hours."
    assert ranked.reader_score == WordReader().score(asked, [f"{known['tms'].title}:\n{best}"])[0]


def test_a_list_right_under_a_heading_comes_with_it():
    """What the heading forbids must not be read as what it allows."""
    body = "Some words first.\n\n## Who should not have ketamine\n\n- a heart attack last month\n"
    [text] = answer("Can I have ketamine after a heart attack?", article(body))
    assert text == "Who should not have ketamine\n\n- a heart attack last month"


def test_a_lead_in_under_a_heading_that_forbids_comes_with_it():
    body = "Words.\n\n## Contraindications\n\nPeople with:\n\n- a heart attack last month\n"
    [text] = answer("Can I have ketamine after a heart attack?", article(body))
    assert text.startswith("Contraindications\n\nPeople with:")


def test_a_list_item_comes_with_its_lead_in():
    [text] = answer("Do staff watch breathing after ketamine?")
    assert text.startswith("Staff watch three things")
    assert "breathing" in text


def test_nothing_is_said_twice():
    twin = article(BODY.replace("often fade", "mostly fade"), "twin")
    assert len(answer("Can ketamine ease depression within hours?", article(), twin)) == 1


def test_at_most_three_excerpts():
    many = "\n\n".join(f"Ketamine fact {w}: ketamine helps {w} mood." for w in "abcdefgh")
    assert len(answer("ketamine mood", article(many))) <= 3


def test_a_list_of_questions_answers_only_what_to_ask():
    """ "Questions to ask" in an article repeat a visitor's words and tell nothing."""
    listed = article("Questions to ask about ketamine:\n\n- Does ketamine ease my mood?\n")
    assert answer("Does ketamine ease my mood?", listed) == []
    assert "Does ketamine ease" in answer("What questions to ask about ketamine?", listed)[0]


ASKED = """Words of a beginning.

## Can ketamine be taken at home?

Staff have to be near. A nurse stays for two hours.
"""


@pytest.mark.parametrize(
    ("question", "names", "answered"),
    [
        ("can ketamine be taken at home", {"ketamin"}, True),
        ("Can ketamine be taken at work?", {"ketamin"}, False),
        ("Can ketamine be taken at home?", set(), False),
    ],
)
def test_a_question_that_a_heading_asks_is_answered_from_below_it(question, names, answered):
    """An editor who wrote the heading must not see its own words refused; others still are."""
    asked = Question(original=question, standalone=question, names=frozenset(names))
    found = assured(asked, article(ASKED))
    assert bool(found) == answered
    assert all("Staff" in text or "nurse" in text for text in found)


def test_a_heading_is_known_by_either_name():
    """A name that the articles use is put in brackets beside the typed one, before the search."""
    question = Question(
        original="",
        standalone="Can ketamine (ketalar) be taken at home?",
        names=frozenset({"ketamin"}),
        by_one_name=("Can ketamine be taken at home?", "Can ketalar be taken at home?"),
    )
    assert assured(question, article(ASKED))
    assert not assured(replace(question, by_one_name=()), article(ASKED))


@pytest.mark.parametrize(
    ("heading", "question", "answered"),
    [
        ("How is ketamine thought to work?", "How does ketamine work?", True),
        ("How does ketamine work?", "how is ketamine believed to work", True),
        ("How does ketamine work?", "How fast does ketamine work?", False),
        ("Is ketamine safe?", "is ketamine really safe", True),
        ("Is ketamine safe?", "Is ketamine not safe?", False),
        ("Who can give ketamine?", "Who should give ketamine?", False),
        ("¿Cómo se cree que funciona la ketamina?", "Cómo funciona la ketamina", True),
    ],
)
def test_a_heading_asks_the_same_with_a_hedge_or_without(heading, question, answered):
    """What else a question has more, or less, asks for something else."""
    source = article(ASKED.replace("Can ketamine be taken at home?", heading))
    asked = Question(
        original=question, standalone=question, names=frozenset({"ketamin", "ketamina"})
    )
    assert bool(assured(asked, source)) == answered


CITING = """Ketamine has been studied twice. In a small trial, Zarate et al. (2006) saw
relief in a day.

Another group saw none (Young, 2011). Of relief, nobody knows how long it lasts.
"""
STUDIES = (
    parse_reference("Zarate Jr, C. A., Singh, J. B. (2006). A randomized trial of ketamine."),
    parse_reference("Young, A., Lee, B. (2011). Ketamine again."),
)


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("What did Zarate 2006 find?", "Zarate et al. (2006)"),
        ("what did zarate et al. (2006) report about ketamine", "Zarate et al. (2006)"),
        ("¿Qué encontró el estudio de Zarate 2006?", "Zarate et al. (2006)"),
        ("Young's 2011 results", "(Young, 2011)"),
        ("What did Zarate find?", None),  # which of several?
        ("What did Zarate 2011 find?", None),
        ("How many people took part in Zarate 2006?", None),
        ("Was Zarate 2006 wrong?", None),
        ("Where was the study of Zarate 2006?", None),
        ("Why did Zarate 2006 report so?", None),
    ],
)
def test_asked_what_a_study_found_the_sentences_that_cite_it_answer(question, quoted):
    """And nothing else is said of it than that it is cited."""
    asked = Question(original=question, standalone=question, names=frozenset({"ketamin"}))
    found = assured(asked, replace(article(CITING), references=STUDIES))
    assert [quoted in text for text in found] == [True] * (quoted is not None)


DEFINING = """It is well known that ketamine is an anesthetic. It is a liquid.
That is a fact. Ketamine is not a cure. More of brain-derived neurotrophic factor (BDNF) is made.
Rarely, a reaction called serotonin syndrome (SSX) follows. The K-hole, a state like a dream, fades.
Esketamine is used at clinics. The most serious risk of TMS is a seizure, and that is rare.
If you have bipolar disorder, an antidepressant may trigger mania. Unlike ECT, a course is short.
Postpartum depression is a mood disorder. The risk is the one that we know. Side effects are a bore.

La ketamina es un anestésico. Las terapias son las de siempre.
"""


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is ketamine?", "ketamine is an anesthetic"),
        ("whats the ketamine", "ketamine is an anesthetic"),
        ("What is BDNF?", "(BDNF)"),
        ("what is serotonin syndrome", "called serotonin syndrome"),
        ("What is a K-hole?", "The K-hole, a state"),
        ("¿Qué es la ketamina?", "es un anestésico"),
        ("What is SSX?", None),  # not the initials of what stands before it
        ("What is esketamine?", None),  # what is done with it is not what it is
        ("What is TMS?", None),  # that is its risk
        ("What is the dose of ketamine?", None),
        ("What is ketamine used for?", None),
        ("Is ketamine an anesthetic?", None),
        ("What is it?", None),
        ("what's that", None),
        ("What is bipolar disorder?", None),
        ("What is ECT?", None),
        ("What is depression?", None),
        ("What is postpartum depression?", "Postpartum depression is"),
        ("What is the risk?", None),
        ("What are the side effects?", None),
    ],
)
def test_asked_what_a_thing_is_the_sentence_that_says_so_answers(question, said):
    """As short as it can be had, however unsure the reader is; nothing on what it is not."""
    found = assured(Question(original=question, standalone=question), article(DEFINING))
    assert [said in text for text in found] == [True] * (said is not None)
    assert all("not a" not in text for text in found)


LISTED = """Ketamine can ease depression within hours.

## References

- Zarate CA, Singh JB, Carlson PJ. A randomized trial of ketamine in depression. 2006.
"""


@pytest.mark.parametrize(
    "question", ["Can I study with ketamine?", "Can I have a trial of ketamine?", "ketamine taxes?"]
)
def test_whoever_asks_for_no_studies_is_shown_none(question):
    assert answer(question, article(LISTED)) == []


@pytest.mark.parametrize(
    "question", ["Are there studies on ketamine?", "What does research say about ketamine?"]
)
def test_whoever_asks_for_studies_is_shown_those_that_the_article_lists(question):
    assert any("Zarate" in text for text in answer(question, article(LISTED)))


def test_without_a_span_over_the_threshold_there_is_no_answer():
    assert answer("Does ketamine help with migraines or insomnia?") == []


def test_suggestions_name_their_subject_and_are_not_repeated():
    body = "Text.\n\n## What is it?\n\nIt.\n\n## Is ketamine safe?\n\nKetamine is mostly safe."
    known = {"ketamine": article(body)}
    chunks = [*chunk_article(known["ketamine"])] * 2
    found = questions_in(
        headings(chunks),
        known,
        lambda *_: True,
        names_subject=lambda text: "ketamine" * ("ketamine" in text),
    )
    assert found == ("Is ketamine safe?",)


# --- generative ------------------------------------------------------------------------------

QUOTE = "Ketamine can ease depression within hours."


def citation(number: int = 1, quote: str = QUOTE) -> Citation:
    return Citation(
        number=number,
        article_id="ketamine",
        title="Ketamine",
        url="",
        heading_path=(),
        quote=quote,
        start=0,
        end=len(quote),
        approved_on=date(2026, 1, 1),
    )


def test_a_supported_sentence_is_shown():
    [(excerpt, _)] = checked("Ketamine can ease depression within hours [1].", [citation()])
    assert excerpt.text == QUOTE


def test_sentences_that_say_more_than_their_quotation_are_not_shown():
    written = (
        "Ketamine can ease depression within 2 hours [1]. "
        "Ketamine always eases depression within hours [1]. "
        "Ketamine cannot ease depression within hours [1]. "
        "You should take ketamine [1]. "
        "Ketamine can ease depression within hours. "
        "Ketamine can ease depression within hours [4]."
    )
    assert checked(written, [citation()]) == []


def generative(*messages: str) -> list[str]:
    model = GenericFakeChatModel(messages=iter(AIMessage(m) for m in messages))
    known = {"ketamine": article()}
    passages = [Passage(chunk=c) for c in chunk_article(known["ketamine"])]
    asked = "How fast does ketamine ease depression within hours?"
    question = Question(original=asked, standalone=asked)
    answerer = GenerativeAnswerer(model, ExtractiveAnswerer(WordReader()))
    return [excerpt.text for excerpt, _ in answerer.answer(question, passages, known)]


def test_when_nothing_that_was_written_holds_the_quotations_answer():
    assert generative("Ketamine is a miracle cure [1].")[0].startswith(QUOTE)


def test_a_model_that_fails_is_replaced_by_the_quotations():
    assert generative()[0].startswith(QUOTE)
