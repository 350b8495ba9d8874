"""Chunks: exact offsets, whole sentences, ids that an edit elsewhere leaves alone."""

from __future__ import annotations

from datetime import date

from assistant.chunking import MAX_CHARS, chunk_article
from assistant.text import split
from assistant.types import Article


def article(body: str) -> Article:
    return Article(
        id="a",
        title="A",
        body=body,
        approved_by="x",
        approved_on=date(2026, 1, 1),
        review_by=date(2027, 1, 1),
        path="a.md",
        content_hash="h",
    )


LONG = " ".join(f"Sentence number {n} tells one more thing about sleep." for n in range(60))
BODY = f"An introduction.\n\n## First part\n\n{LONG}\n\n## Second part\n\nA short text here."


def test_a_chunk_is_exactly_the_body_between_its_offsets():
    body = article(BODY)
    assert all(body.body[c.start : c.end] == c.text for c in chunk_article(body))


def test_every_sentence_is_in_exactly_one_chunk():
    chunks = chunk_article(article(BODY))
    sentences = [span.text for span in split(LONG)]
    assert [sum(sentence in chunk.text for chunk in chunks) for sentence in sentences] == [1] * 60


def test_chunks_stay_short_enough_for_the_embedder():
    assert max(len(chunk.text) for chunk in chunk_article(article(BODY))) <= MAX_CHARS


def test_an_edit_in_one_section_leaves_the_ids_and_hashes_of_another_alone():
    before = {c.id: c.content_hash for c in chunk_article(article(BODY))}
    after = {c.id: c.content_hash for c in chunk_article(article(BODY.replace("short", "brief")))}
    changed = {id_ for id_ in before if before[id_] != after.get(id_)}
    assert changed == {"a#second-part-1"}
    assert before.keys() == after.keys()


def test_each_reference_is_a_chunk_of_its_own():
    body = (
        "Text of the article.\n\n## References\n\nOne, A. (2001). First.\n\nTwo, B. (2002). Second."
    )
    texts = [c.text for c in chunk_article(article(body)) if c.heading_path == ("References",)]
    assert texts == ["One, A. (2001). First.", "Two, B. (2002). Second."]


def test_heading_paths_follow_the_levels():
    body = "# Top\n\nA.\n\n## Middle\n\nB.\n\n### Low\n\nC.\n\n## Other\n\nD."
    assert [c.heading_path for c in chunk_article(article(body))] == [
        ("Top",),
        ("Top", "Middle"),
        ("Top", "Middle", "Low"),
        ("Top", "Other"),
    ]
