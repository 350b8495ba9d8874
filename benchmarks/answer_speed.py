"""How long a visitor waits: the corpus as it is, and 5,000 chunks live.

    python benchmarks/answer_speed.py

Times vary from machine to machine, so each is also given as a multiple of embedding one question
with the default model, measured in the same run.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant.chunking import CHUNKER, chunk_article, embedding_text
from assistant.corpus import load_corpus
from assistant.models import default_embedder
from assistant.pipeline import Assistant, ready_triager
from assistant.settings import ROOT, Settings
from assistant.store import open_store
from assistant.types import Article, Chunk, Generation

QUESTIONS = [
    json.loads(line)["question"]
    for line in (ROOT / "tests" / "data" / "questions_corpus.jsonl").read_text().splitlines()
][::2]


def timed(work: Callable[[str], object]) -> list[float]:
    """Milliseconds for each question."""
    found = []
    for question in QUESTIONS:
        start = perf_counter()
        work(question)
        found.append((perf_counter() - start) * 1000)
    return found


def published(folder: Path, articles: list[Article]) -> Assistant:
    """An assistant over a store that holds these articles."""
    embedder = default_embedder()
    by_id = {article.id: article for article in articles}
    chunks: list[Chunk] = [chunk for article in articles for chunk in chunk_article(article)]
    texts = [embedding_text(by_id[chunk.article_id], chunk) for chunk in chunks]
    unique = list(dict.fromkeys(texts))
    vectors = dict(zip(unique, embedder.embed_documents(unique), strict=True))
    now = datetime.now(UTC)
    generation = Generation(
        id=f"{now:%Y%m%d-%H%M%S}",
        created_at=now,
        embedder=embedder.fingerprint,
        chunker=CHUNKER,
        article_hashes={article.id: article.content_hash for article in articles},
        chunk_count=len(chunks),
    )
    store = open_store(str(folder))
    store.write(generation, articles, chunks, [vectors[text] for text in texts])
    store.activate(generation.id)
    return Assistant(Settings(store=str(folder)))


def copies(articles: list[Article], count: int) -> list[Article]:
    """Enough copies of the articles, under other ids, for `count` chunks."""
    found: list[Article] = []
    size = 0
    while size < count:
        article = articles[len(found) % len(articles)]
        size += len(chunk_article(article))
        found.append(replace(article, id=f"{article.id}-{len(found)}"))
    return found


def main() -> None:
    embedder = default_embedder()
    embedder.embed_query("warm")
    unit = statistics.median(timed(embedder.embed_query))
    print(f"embedding a question: {unit:.1f} ms (the unit below)\n")
    triager = ready_triager()
    show("triage", timed(triager.triage), unit)
    articles = list(load_corpus(ROOT / "corpus", datetime.now(UTC).date()).articles)
    with tempfile.TemporaryDirectory() as folder:
        for name, chosen in (("corpus", articles), ("5,000 chunks", copies(articles, 5000))):
            assistant = published(Path(folder) / name.replace(",", ""), chosen)
            assistant.warm()
            list(assistant.prepare())  # as the server does, while it serves
            show(f"answer, {name}", timed(assistant.ask), unit)


def show(name: str, times: list[float], unit: float) -> None:
    ordered = sorted(times)
    median, late = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
    print(
        f"{name:24} median {median:6.1f} ms ({median / unit:5.1f} x)   "
        f"95 % {late:6.1f} ms ({late / unit:5.1f} x)   first {times[0]:6.1f} ms"
    )


if __name__ == "__main__":
    main()
