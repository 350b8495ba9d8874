"""A quotation must make sense alone: these tests keep a sentence and its context together."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.answering.spans import Sentences
from assistant.types import Article, Chunk

BODY = """Ketamine can lift mood quickly. These effects can occur within hours to days.
It is important to know the risks. Dissociation is common.

## Warning signs

Warning signs of depression include:

- Losing interest in things.
- Sleeping badly.
- Feeling hopeless. This can be the hardest part.

A psychiatrist can help. They ask about all of this. It takes about an hour. That is normal."""


def article(body: str = BODY) -> Article:
    return Article(
        id="a",
        title="A",
        body=body,
        approved_by="Somebody",
        approved_on=date(2026, 1, 1),
        review_by=date(2027, 1, 1),
        path="a.md",
        content_hash="0",
    )


def span_of(piece: str, body: str = BODY) -> str:
    sentences = Sentences(body)
    index = next(i for i, s in enumerate(sentences.all) if piece in s.span.text)
    return sentences.span(*sentences.with_context(index)).text


def test_a_pronoun_brings_what_it_stands_for():
    assert span_of("hours to days").startswith("Ketamine can lift mood quickly. These effects")


def test_a_sentence_that_stands_alone_stays_alone():
    assert span_of("Dissociation") == "Dissociation is common."


def test_it_is_important_leans_on_nothing():
    assert span_of("important to know") == "It is important to know the risks."


@pytest.mark.parametrize(
    "alone",
    [
        "Both ketamine and esketamine are used.",
        "For those who live far away there is a bus.",
        "There is no blood test that can show depression.",
    ],
)
def test_what_points_at_nothing_before_it_swallows_nothing(alone):
    assert span_of(alone, f"Dissociation is common. {alone}") == alone


@pytest.mark.parametrize(
    "leaning",
    [
        "In these cases a nurse stays.",
        "Neither is approved for children.",
        "In fact, it does not.",
        "There is no proof of that.",
        "“These” fade soon.",
        "Lo mismo vale para los niños.",
        "No es cierto.",
    ],
)
def test_a_sentence_that_leans_is_never_quoted_alone(leaning):
    body = f"ECT and ketamine can help. {leaning}"
    texts = [span.text for span, _ in Sentences(body).readable([0, 1])]
    assert leaning not in texts
    assert body in texts


def test_a_list_item_comes_with_lead_in_and_fellows():
    span = span_of("Sleeping badly")
    assert span.startswith("Warning signs of depression include:")
    assert span.endswith("This can be the hardest part.")


def test_a_lead_in_comes_with_its_list():
    assert span_of("signs of depression include") == span_of("Sleeping badly")


def test_a_long_list_does_not_swallow_the_page():
    items = "\n".join(
        f"- Sign number {n} is described at some length in this item." for n in range(30)
    )
    assert span_of("Sign number 7 ", f"Signs include:\n\n{items}") == (
        "Sign number 7 is described at some length in this item."
    )


def test_context_never_crosses_a_heading():
    body = "Ketamine helps some people.\n\n## Next\n\nThis is about something else."
    assert span_of("something else", body) == "This is about something else."


def test_context_is_bounded():
    """However many sentences lean on each other, a quotation stays short."""
    assert span_of("That is normal") == (
        "They ask about all of this. It takes about an hour. That is normal."
    )


def test_a_span_is_the_bodys_own_text():
    sentences = Sentences(BODY)
    for index in range(len(sentences.all)):
        span = sentences.span(*sentences.with_context(index))
        assert BODY[span.start : span.end] == span.text


def test_sentences_within_a_chunk():
    start = BODY.index("Warning signs of")
    end = BODY.index("\n\nA psychiatrist")
    chunk = Chunk(
        id="a#1",
        article_id="a",
        heading_path=("Warning signs",),
        text=BODY[start:end],
        start=start,
        end=end,
        content_hash="0",
    )
    sentences = Sentences(BODY)
    inside = [sentences.all[i].span.text for i in sentences.within(chunk)]
    assert inside[0] == "Warning signs of depression include:"
    assert inside[-1] == "This can be the hardest part."
    assert {sentences.all[i].heading_path for i in sentences.within(chunk)} == {("Warning signs",)}


def test_what_states_nothing_is_no_answer():
    """Captions, dates, questions and announcements stand in articles and answer nothing."""
    body = (
        "misc image\n\nApr 07, 2023\n\nIs Ketamine Right For You?\n\n"
        "In this article, we will explain how ketamine is used. Ketamine is an anesthetic."
    )
    sentences = Sentences(body)
    stated = [s.span.text for i, s in enumerate(sentences.all) if sentences.states(i)]
    assert stated == ["Ketamine is an anesthetic."]


def test_what_a_list_forbids_is_never_quoted_without_saying_so():
    items = "\n".join(
        f"- Driving a vehicle of kind {n} on any kind of road at all." for n in range(30)
    )
    body = f"On that day, nobody should do any of the following.\n\n{items}"
    span = span_of("kind 20", body)
    assert span.startswith("On that day, nobody should")
    assert span.endswith("kind 20 on any kind of road at all.")


@pytest.mark.parametrize(
    "denial",
    [
        "This is a myth.",
        "It cannot be used by people with metal implants.",
        "That isn't true.",
        "There is no proof of that.",
        "In fact, it does not.",
        "There is no proof that it does.",
        "There is no evidence that ECT does harm.",
        "No study has shown this.",
        "No es cierto.",
    ],
)
def test_a_statement_is_never_shown_without_the_sentence_that_takes_it_back(denial):
    statement = "Many people believe that ECT harms the brain."
    sentences = Sentences(f"{statement} {denial} Treatment is brief.")
    shown = [span.text for span, _ in sentences.readable(range(len(sentences.all)))]
    assert statement not in shown
    assert f"{statement} {denial}" in shown


def test_a_chain_is_never_shown_without_the_sentence_that_takes_it_back():
    chain = "Ketamine can ease depression. It also helps with pain. But this is not proven."
    shown = [span.text for span, _ in Sentences(chain).readable(range(3))]
    assert chain in shown
    assert not any(text.endswith("pain.") for text in shown)


def test_a_myth_is_never_shown_without_the_paragraph_that_says_so():
    body = "Some people say that ECT harms the brain.\n\nThis is a myth.\n\nTreatment is brief."
    shown = [span.text for span, _ in Sentences(body).readable(range(3))]
    assert "Some people say that ECT harms the brain." not in shown
    assert "Some people say that ECT harms the brain.\n\nThis is a myth." in shown


def test_what_an_article_says_of_itself_is_never_appended():
    body = "La ketamina alivia la depresión. Este artículo explica cómo lo hace."
    texts = [span.text for span, _ in Sentences(body).readable([0, 1])]
    assert texts == ["La ketamina alivia la depresión."]
