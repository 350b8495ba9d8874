"""From retrieved passages to the statements of an answer."""

from assistant.answering.extractive import ExtractiveAnswerer, is_reference
from assistant.answering.generative import GenerativeAnswerer
from assistant.answering.suggestions import questions_in

__all__ = ["ExtractiveAnswerer", "GenerativeAnswerer", "is_reference", "questions_in"]
