"""Generations, articles and chunks as JSON, and back: one form for both kinds of store."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from assistant.types import Article, Chunk, Generation, Reference


def dump_generation(generation: Generation) -> dict[str, Any]:
    return {**asdict(generation), "created_at": generation.created_at.isoformat()}


def load_generation(record: dict[str, Any]) -> Generation:
    """Raises KeyError, TypeError or ValueError when the record is not one of ours."""
    return Generation(**{**record, "created_at": datetime.fromisoformat(record["created_at"])})


def dump_article(article: Article) -> dict[str, Any]:
    record = asdict(article)
    for key in ("approved_on", "review_by", "published"):
        record[key] = record[key].isoformat() if record[key] else None
    return record


def load_article(record: dict[str, Any]) -> Article:
    dates = {
        key: date.fromisoformat(record[key]) if record[key] else None
        for key in ("approved_on", "review_by", "published")
    }
    references = tuple(Reference(**entry) for entry in record["references"])
    return Article(**{**record, **dates, "references": references})


def dump_chunk(chunk: Chunk) -> dict[str, str | int]:
    """A chunk as Chroma metadata: simple values only; the text is Chroma's document."""
    record = asdict(chunk)
    del record["id"], record["text"]
    return {**record, "heading_path": json.dumps(chunk.heading_path, ensure_ascii=False)}


def load_chunk(chunk_id: str, text: str, record: dict[str, Any]) -> Chunk:
    heading_path = tuple(json.loads(record["heading_path"]))
    return Chunk(**{**record, "id": chunk_id, "text": text, "heading_path": heading_path})


def by_id(articles: Iterable[Article]) -> dict[str, Article]:
    return {article.id: article for article in articles}
