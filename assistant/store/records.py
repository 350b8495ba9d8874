"""Generations, articles, chunks and activations as JSON, and back: one form for every store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from assistant.types import (
    Activation,
    Article,
    Chunk,
    Generation,
    Noted,
    Reference,
    StoreCorrupt,
)

FORMAT = 2


def dump_generation(generation: Generation) -> dict[str, Any]:
    return {**asdict(generation), "created_at": generation.created_at.isoformat()}


def load_generation(record: dict[str, Any]) -> Generation:
    """Raises KeyError, TypeError or ValueError when the record is not one of ours."""
    return Generation(**{**record, "created_at": datetime.fromisoformat(record["created_at"])})


def dump_article(article: Article) -> dict[str, Any]:
    record = asdict(article)
    for key in ("approved_on", "review_by", "published"):
        record[key] = record[key].isoformat() if record[key] else None
    record["references"] = list(record["references"])
    if not record.pop("noted"):
        return record  # as it was before editors could note questions: older versions read it
    return {**record, "noted": [asdict(noted) for noted in article.noted]}


def load_article(record: dict[str, Any]) -> Article:
    dates = {
        key: date.fromisoformat(record[key]) if record[key] else None
        for key in ("approved_on", "review_by", "published")
    }
    references = tuple(Reference(**entry) for entry in record["references"])
    noted = tuple(Noted(**entry) for entry in record.get("noted", ()))
    return Article(**{**record, **dates, "references": references, "noted": noted})


def dump_chunk(chunk: Chunk) -> dict[str, str | int]:
    """A chunk as Chroma metadata: simple values only; the text is Chroma's document."""
    record = asdict(chunk)
    del record["id"], record["text"]
    return {**record, "heading_path": json.dumps(chunk.heading_path, ensure_ascii=False)}


def load_chunk(chunk_id: str, text: str, record: dict[str, Any]) -> Chunk:
    heading_path = tuple(json.loads(record["heading_path"]))
    return Chunk(**{**record, "id": chunk_id, "text": text, "heading_path": heading_path})


def dump_activation(activation: Activation) -> dict[str, Any]:
    return {**asdict(activation), "at": activation.at.isoformat()}


def load_activation(record: dict[str, Any]) -> Activation:
    """Raises KeyError, TypeError or ValueError when the record is not one of ours."""
    at = datetime.fromisoformat(record["at"])
    return Activation(**{**record, "at": at, "overridden": tuple(record["overridden"])})


def by_id(articles: Iterable[Article]) -> dict[str, Article]:
    return {article.id: article for article in articles}


# --- manifests -------------------------------------------------------------------------------


def manifest_of(
    generation: Generation,
    articles: Sequence[Article],
    dimension: int,
    notes: Mapping[str, str],
) -> dict[str, Any]:
    """Who approved what, when, with which model: enough to say later what the site said and why."""
    return {
        "format": FORMAT,
        "generation": dump_generation(generation),
        "dimension": dimension,
        "articles": [
            {
                **article.approval,
                "content_hash": article.content_hash,
                "record": record_hash(dump_article(article)),
            }
            for article in articles
        ],
        "notes": dict(notes),
    }


def record_hash(record: Mapping[str, Any]) -> str:
    """SHA-256 of a record: equal when every field is."""
    text = json.dumps(record, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def checked_articles(
    id_: str, manifest: Mapping[str, Any], records: Sequence[dict[str, Any]]
) -> dict[str, Article]:
    """The articles, if they are the very ones that the manifest lists. Raises StoreCorrupt."""
    if manifest.get("format") != FORMAT:
        raise StoreCorrupt(f"Generation {id_} was written by another version.")
    listed = {entry["id"]: entry["record"] for entry in manifest["articles"]}
    found = {str(record.get("id")): record_hash(record) for record in records}
    for key in sorted(listed.keys() | found.keys()):
        if listed.get(key) != found.get(key):
            state = "is missing" if key not in found else "is not the one that was published"
            raise StoreCorrupt(f"Generation {id_} is damaged: the article {key!r} {state}.")
    return by_id(load_article(record) for record in records)
