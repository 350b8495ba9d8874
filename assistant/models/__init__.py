"""Embedder, reader, classifier and chat model: the only package that loads weights."""

from assistant.models.adapted import AdaptedEncoder, Adapter
from assistant.models.chat import load_chat_model
from assistant.models.classifier import load_classifier
from assistant.models.english import in_english
from assistant.models.likeness import default_likeness
from assistant.models.minilm import (
    MINILM_SHA256,
    SentenceEmbedder,
    common_words,
    default_embedder,
    default_model_path,
    embedder_set,
    english_words,
    half_precision,
    load_embedder,
)
from assistant.models.reader import TrainedReader, in_context, load_reader

__all__ = [
    "MINILM_SHA256",
    "AdaptedEncoder",
    "Adapter",
    "SentenceEmbedder",
    "TrainedReader",
    "common_words",
    "default_embedder",
    "default_likeness",
    "default_model_path",
    "embedder_set",
    "english_words",
    "half_precision",
    "in_context",
    "in_english",
    "load_chat_model",
    "load_classifier",
    "load_embedder",
    "load_reader",
]
