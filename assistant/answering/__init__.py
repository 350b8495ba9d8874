"""From retrieved passages to the statements of an answer."""

from assistant.answering.extractive import ExtractiveAnswerer, is_reference
from assistant.answering.generative import GenerativeAnswerer
from assistant.answering.suggestions import headings, noted, questions_in

__all__ = [
    "ExtractiveAnswerer",
    "GenerativeAnswerer",
    "headings",
    "is_reference",
    "noted",
    "questions_in",
]
