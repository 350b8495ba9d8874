"""Sentences with offsets, words as search sees them, and normalising."""

from assistant.text.sentences import (
    REFERENCES,
    Block,
    blocks,
    lists_references,
    sentences,
    split,
)
from assistant.text.spelling import Mended, Spelling
from assistant.text.words import STOP_WORDS, terms, words

__all__ = [
    "REFERENCES",
    "STOP_WORDS",
    "Block",
    "Mended",
    "Spelling",
    "blocks",
    "lists_references",
    "sentences",
    "split",
    "terms",
    "words",
]
