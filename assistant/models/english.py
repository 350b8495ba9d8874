"""What the models read: they were trained on English, and know of Spanish hardly the letters."""

from __future__ import annotations

from functools import cache

from assistant.settings import DATA, read_toml
from assistant.text import Glossary, words
from assistant.types import Language


def in_english(text: str, language: Language) -> str:
    """The text as it is, or a Spanish one in rough English, word by word. Nobody is shown it."""
    return _glossary().glossed(text) if language == "es" else text


@cache
def _glossary() -> Glossary:
    told = read_toml(DATA / "names.toml")
    names = [name for thing in told["treatment"] for each in thing.values() for name in each]
    return Glossary.read(DATA / "glossary_es.tsv", frozenset(words(" ".join(names))))
