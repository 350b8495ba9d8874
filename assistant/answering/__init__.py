"""From retrieved passages to the statements of an answer."""

from assistant.answering.extractive import ExtractiveAnswerer

__all__ = ["ExtractiveAnswerer"]
