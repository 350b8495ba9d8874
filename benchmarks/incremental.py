"""What it costs to publish again when one article among 500 has changed in one sentence.

    python benchmarks/incremental.py [ARTICLES]

Prints chunks embedded and seconds, of the first publication and of the second, and their ratio.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant.models import load_embedder, load_reader
from assistant.publishing import Publication, publish
from assistant.settings import ROOT, Settings
from assistant.store import open_store
from assistant.types import PublishReport

SECTIONS = 3  # of each made article, after its first paragraph
FRONT = """---
title: {title}
status: approved
approved_by: A benchmark
approved_on: 2026-01-01
review_by: 2099-01-01
---

This is article number {number}. {lead}
"""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name) / "corpus"
        write_articles(corpus / "articles", count)
        settings = Settings(corpus=corpus, store=str(Path(name) / "store"))
        load_reader(settings)  # so that neither publication pays for loading the models
        load_embedder(settings).embed_query("warm")
        whole, whole_seconds = published(settings)
        change_one(corpus / "articles")
        again, again_seconds = published(settings)
        nothing, nothing_seconds = published(settings)
    show(f"first, {count} articles", whole, whole_seconds)
    show("one sentence changed", again, again_seconds)
    show("nothing changed", nothing, nothing_seconds)
    print(
        f"ratio: {again.embedded / whole.embedded:.4%} of the chunks embedded, "
        f"{again_seconds / whole_seconds:.1%} of the time"
    )


def write_articles(folder: Path, count: int) -> None:
    """Articles made of sections of the real ones; no two have the same title."""
    folder.mkdir(parents=True)
    sections = [
        section
        for path in sorted((ROOT / "corpus" / "articles").glob("*.md"))
        for section in re.split(r"\n(?=## )", path.read_text(encoding="utf-8"))[1:]
        if not section.startswith("## References")
    ]
    for number in range(count):
        own = [sections[(number * SECTIONS + k) % len(sections)] for k in range(SECTIONS)]
        head = FRONT.format(
            title=f"Article {number}", number=number, lead="It says what others say too. " * 4
        )
        (folder / f"article-{number:03d}.md").write_text(head + "\n" + "\n\n".join(own))


def change_one(folder: Path) -> None:
    path = sorted(folder.iterdir())[0]
    path.write_text(path.read_text().replace("It says", "It no longer says", 1))


def published(settings: Settings) -> tuple[PublishReport, float]:
    """The report of a publication with the real embedder, and its seconds."""
    start = perf_counter()
    report = publish(
        Publication(
            settings=settings, store=open_store(settings.store), embedder=load_embedder(settings)
        )
    )
    return report, perf_counter() - start


def show(name: str, report: PublishReport, seconds: float) -> None:
    chunks = report.generation.chunk_count if report.generation else 0
    print(f"{name:24} {report.embedded:6,} of {chunks:,} chunks embedded, {seconds:7.1f} s")


if __name__ == "__main__":
    main()
