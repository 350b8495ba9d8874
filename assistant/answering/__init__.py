"""From retrieved passages to the statements of an answer."""

from assistant.answering.extractive import ExtractiveAnswerer
from assistant.answering.generative import GenerativeAnswerer

__all__ = ["ExtractiveAnswerer", "GenerativeAnswerer"]
