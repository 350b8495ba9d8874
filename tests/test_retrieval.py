"""Retrieval: both searches count, ties are stable, and expired articles are never found."""

from __future__ import annotations

from datetime import date

from assistant.retrieval import PER_ARTICLE, fuse
from tests.conftest import TODAY


def retrieve(assistant, question: str, today: date = TODAY, limit: int = 16):
    return assistant.library().retriever.retrieve(question, today=today, limit=limit)


def test_the_passage_with_the_words_comes_first(assistant):
    best = retrieve(assistant, "Does TMS give a headache?")[0]
    assert best.chunk.article_id == "tms"
    assert "headache" in best.chunk.text


def test_both_searches_are_fused_by_reciprocal_rank(assistant):
    chunks = assistant.library().snapshot.chunks
    one, two, three = sorted(chunks)[:3]
    fused = fuse([one, two], [two, three], chunks)
    assert [p.chunk.id for p in fused] == [two, one, three]
    assert fused[0].fused_score == 1 / 62 + 1 / 61


def test_ties_go_by_chunk_id(assistant):
    chunks = assistant.library().snapshot.chunks
    one, two = sorted(chunks)[:2]
    assert [p.chunk.id for p in fuse([two], [one], chunks)] == [one, two]


def test_an_article_is_not_found_from_the_day_of_its_review(assistant):
    assert retrieve(assistant, "TMS headache", today=date(2027, 5, 31))
    assert not retrieve(assistant, "TMS headache", today=date(2027, 6, 1))


def test_one_article_can_not_fill_the_list(publication, write, corpus):
    from assistant.publishing import publish
    from tests.conftest import assistant_for

    stuffed = "\n\n".join(
        f"## Part {n}\n\nKetamine ketamine works fast, part {n}." for n in range(30)
    )
    write("stuffed.md", stuffed + " " + "word " * 20, title="Ketamine fast ketamine")
    publish(publication)
    found = retrieve(assistant_for(publication), "How fast does ketamine work?")
    of_stuffed = [p for p in found if p.chunk.article_id == "stuffed"]
    assert len(of_stuffed) == PER_ARTICLE
    assert any(p.chunk.article_id == "ketamine" for p in found)


def test_lexical_search_finds_words_that_the_embedder_spreads_thin(assistant):
    retriever = assistant.library().retriever
    first = retriever.lexical("Zarate 2006", today=TODAY)[0]
    assert first.startswith("ketamine#")


def test_a_question_without_known_words_finds_nothing_lexically(assistant):
    assert assistant.library().retriever.lexical("xylophone zebra", today=TODAY) == []
