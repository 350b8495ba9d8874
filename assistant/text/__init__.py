"""Sentences with offsets, words as search sees them, and normalising."""

from assistant.text.gloss import Glossary
from assistant.text.names import Names, Thing, speaks_of_each
from assistant.text.sentences import (
    Block,
    blocks,
    lists_references,
    split,
)
from assistant.text.spelling import Mended, Spelling
from assistant.text.words import STOP_WORDS, terms, unaccented, words

__all__ = [
    "STOP_WORDS",
    "Block",
    "Glossary",
    "Mended",
    "Names",
    "Spelling",
    "Thing",
    "blocks",
    "lists_references",
    "speaks_of_each",
    "split",
    "terms",
    "unaccented",
    "words",
]
