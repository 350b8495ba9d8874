"""What the reader is trained on: the spans a visitor would be shown, rightly labelled."""

from __future__ import annotations

from datetime import date

from assistant.conversation import Subjects, questions
from assistant.corpus import load_corpus
from assistant.evaluation.answers import load_questions
from assistant.library import known_things
from assistant.models.reader import TAKEN_IN
from assistant.settings import ROOT
from tests.fakes import WordEmbedder
from training.reader.data import Asked, Document, ours
from training.reader.final import SETS
from training.reader.pairs import Pairs, spans_of

SENTENCES = [
    "Light therapy means sitting in front of a bright lamp.",
    "It is done in the morning.",
    "Most people feel better within two weeks.",
    "The lamp is placed at arm's length.",
]


def document(subject: str = "Light therapy", source: str = "clinic") -> Document:
    asked = [
        Asked("when is light therapy done", SENTENCES, [1], heading="The lamp"),
        Asked("how far away is the lamp", SENTENCES, [3], heading="The lamp"),
        Asked("does light therapy help migraine", SENTENCES, [], heading="The lamp"),
    ]
    return Document(source, subject, subject, "train", asked)


def test_a_span_brings_the_sentence_it_leans_on():
    """As for a visitor: "It is done in the morning." says nothing alone."""
    assert " ".join(SENTENCES[:2]) in [span.text for span in spans_of(document())]


def test_a_span_answers_exactly_when_it_holds_an_answering_sentence():
    one = document()
    when = one.asked[0]
    for span in spans_of(one):
        assert span.answers([when]) == (SENTENCES[1] in span.text)


def test_pairs_are_labelled_by_what_the_span_holds():
    pairs = Pairs([document()], "train", WordEmbedder(), seed=1).all()
    for group, sentence in (("0", SENTENCES[1]), ("1", SENTENCES[3])):
        mine = [pair for pair in pairs if pair.group.endswith(f"/{group}")]
        assert {pair.label for pair in mine} == {0, 1}
        assert all((sentence in pair.passage) == bool(pair.label) for pair in mine)
    assert all(pair.label == 0 for pair in pairs if pair.group.endswith("/2"))


def test_of_a_long_paragraph_the_part_is_shown_that_answers():
    """All of it would be cut off behind what the reader takes in, and be called an answer."""
    long = [
        f"Sentence number {n} tells of a lamp and of many other things as well." for n in range(9)
    ]
    long += ["The lamp was made in Oslo.", "It is blue."]
    asked = [Asked("where was it made", long, [9]), Asked("who made the lamp in Oslo", long, [])]
    one = Document("clinic", "Lamp", "Lamp", "train", asked, lesson="paragraphs")
    pairs = Pairs([one], "train", WordEmbedder(), seed=1).all()
    assert all(len(pair.passage.split()) <= TAKEN_IN + 5 for pair in pairs)
    for pair in pairs:
        assert pair.label == (pair.group.endswith("/0") and "made in Oslo" in pair.passage)
    longest = [p for p in pairs if len(p.passage.split()) > 30]
    assert {pair.label for pair in longest} == {0, 1}


def test_a_question_is_answered_by_every_section_that_answers_it():
    """What another section says to it must never be shown to the reader as wrong."""
    one = document()
    again = "Rarely, the lamp is used in the evening."
    one.asked.append(Asked("when is light therapy done", [again], [0], heading="Other times"))
    pairs = Pairs([one], "train", WordEmbedder(), seed=1).all()
    mine = [pair for pair in pairs if pair.group.endswith("/0")]
    assert {pair.label for pair in mine} == {0, 1}
    for pair in mine:
        assert pair.label == (SENTENCES[1] in pair.passage or again in pair.passage)


def test_new_articles_of_ours_change_nothing_about_the_pairs_of_public_sets():
    """Else the first pass would have to be trained anew for every article that is written."""
    public, ours = document("Lamps", source="squad"), document()
    alone = Pairs([public], "train", WordEmbedder(), seed=1).all()
    together = Pairs([ours, public], "train", WordEmbedder(), seed=1).all()
    assert [pair for pair in together if pair.group.startswith("squad")] == alone


def test_no_question_of_a_test_was_learnt_from():
    """Neither by weights nor by threshold; and what sets the threshold trains no weights.

    Of the dialogues, no question as the reader gets it: resolved against the conversation.
    """

    def plain(question: str) -> str:
        return "".join(c for c in question.lower() if c.isalnum())

    data = ROOT / "tests" / "data"
    tests = {
        plain(question.question)
        for name in ("questions_corpus", "questions_second", "questions_spanish")
        for question in load_questions(data / f"{name}.jsonl")
    }
    articles = load_corpus(ROOT / "corpus", date(2026, 11, 2)).articles
    subjects = Subjects.of(articles, things=known_things())
    for dialogue in load_questions(data / "dialogues_corpus.jsonl"):
        asked = questions(dialogue.question, dialogue.history, subjects)
        tests |= {plain(one.standalone) for one in asked}
    threshold = {
        plain(q.question)
        for sets in SETS.values()
        for _, path in sets
        for q in load_questions(path)
    }
    trained = {plain(asked.question) for document in ours() for asked in document.asked}
    assert len(tests) > 300
    assert not tests & threshold
    assert not (tests | threshold) & trained
