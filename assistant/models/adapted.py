"""The default MiniLM with a small trained difference merged in, and a head on its mean token.

An adapter is two files: `adapter.safetensors` holds the difference (matrices in eight bits, or as
two thin factors; vectors whole) and the head; `adapter.json` holds hashes, so that nothing else is
ever loaded, and whatever the adapter's user needs (labels, thresholds, calibration).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.models.bert import Bert
from assistant.models.minilm import MINILM_SHA256, default_model_path, half_precision
from assistant.types import ModelUnavailable

if TYPE_CHECKING:
    import torch

WEIGHTS, FACTS = "adapter.safetensors", "adapter.json"
_BATCH = 16  # texts of like length at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """A trained difference to the default weights, read from a folder and checked."""

    tensors: dict[str, torch.Tensor]
    facts: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Adapter:
        """Raises ModelUnavailable when a file is missing, or is not the one that was trained."""
        from safetensors.torch import load

        try:
            facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            data = (folder / WEIGHTS).read_bytes()
            expected, base = facts["weights_sha256"], facts["base_sha256"]
        except (OSError, ValueError, KeyError) as error:
            raise ModelUnavailable(
                f"The trained weights in {folder.name}/ can't be read: {type(error).__name__}.",
                hint="Restore the folder from the repository.",
            ) from error
        if hashlib.sha256(data).hexdigest() != expected or base != MINILM_SHA256:
            raise ModelUnavailable(
                f"The trained weights in {folder.name}/ are not those that {FACTS} describes.",
                hint="Restore the folder from the repository.",
            )
        return cls(tensors=load(data), facts=facts)

    def write(self, folder: Path) -> None:
        """Writes both files; hashes are filled in."""
        from safetensors.torch import save

        folder.mkdir(parents=True, exist_ok=True)
        data = save(self.tensors)
        digest = hashlib.sha256(data).hexdigest()
        facts = self.facts | {"weights_sha256": digest, "base_sha256": MINILM_SHA256}
        (folder / WEIGHTS).write_bytes(data)
        text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
        (folder / FACTS).write_text(text, encoding="utf-8")


class AdaptedEncoder:
    """Runs an adapter. Safe to use from many threads."""

    def __init__(self, adapter: Adapter) -> None:
        from transformers import AutoModel, AutoTokenizer

        path = str(default_model_path())
        self._tokenizer = AutoTokenizer.from_pretrained(path)
        base = AutoModel.from_pretrained(path)
        self._encoder = Bert(merged(base.state_dict(), adapter.tensors), base.config)
        self._weight = adapter.tensors["head.weight"].float()
        self._bias = adapter.tensors["head.bias"].float()
        self._max_tokens = int(adapter.facts["max_tokens"])

    def logits(self, texts: Sequence[str], others: Sequence[str] | None = None) -> np.ndarray:
        """The head's outputs, one row a text; with `others`, one row a pair of texts."""
        import torch

        lengths = [len(t) for t in texts] if others is None else [len(t) for t in others]
        order = sorted(range(len(texts)), key=lambda i: lengths[i])
        found = np.zeros((len(texts), len(self._bias)), dtype=np.float64)
        with torch.inference_mode(), half_precision():
            for start in range(0, len(order), _BATCH):
                chosen = order[start : start + _BATCH]
                first = [texts[i] for i in chosen]
                second = None if others is None else [others[i] for i in chosen]
                found[chosen] = self._forward(first, second).numpy()
        return found

    def word_ids(self, word: str) -> list[int]:
        """Ids of the word's pieces; the vocabulary is sorted by how common they are."""
        # Asked directly: the tokenizer around it would switch the padding off for this, and with it
        # that of a batch in another thread.
        ids: list[int] = self._tokenizer.backend_tokenizer.encode(
            word, add_special_tokens=False
        ).ids
        return ids

    def _forward(self, first: list[str], second: list[str] | None) -> torch.Tensor:
        inputs = self._tokenizer(
            first,
            second,
            truncation="longest_first",
            max_length=self._max_tokens,
            padding=True,
            return_tensors="pt",
        )
        hidden = self._encoder(**inputs).float()
        mask = inputs["attention_mask"].unsqueeze(-1).float()
        pooled = (hidden * mask).sum(1) / mask.sum(1)
        outputs: torch.Tensor = pooled @ self._weight.T + self._bias
        return outputs


def merged(
    base: dict[str, torch.Tensor], difference: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The base weights with the difference added.

    A vector is kept whole; a matrix in whole numbers with a scale a row, or as factors `up @ down`.
    """
    merged = dict(base)
    for name, kept in difference.items():
        if name in base:
            merged[name] = base[name] + kept.float() * difference.get(f"{name}.scale", 1.0)
        elif name.endswith(".up"):
            whole = name.removesuffix(".up")
            merged[whole] = base[whole] + kept.float() @ difference[f"{whole}.down"].float()
    return merged
