"""MiniLM's forward pass, of the weights alone.

The same arithmetic as `transformers.BertModel` (Devlin et al. 2019, post-norm). For one short
message that spends a third of its time between its modules, which here is a fifth of a crisis
card's way to the page; so this goes from one matrix to the next. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import BertConfig

    Affine = tuple[torch.Tensor, torch.Tensor]


class Bert:
    """Token ids to hidden states. Safe to use from many threads."""

    def __init__(self, weights: Mapping[str, torch.Tensor], config: BertConfig) -> None:
        import torch

        def affine(*names: str) -> Affine:
            """A linear map or a norm; several maps of one input as one."""
            return (
                torch.cat([weights[f"{name}.weight"] for name in names]),
                torch.cat([weights[f"{name}.bias"] for name in names]),
            )

        self._heads, self._epsilon = config.num_attention_heads, config.layer_norm_eps
        self._embeddings = [
            weights[f"embeddings.{kind}_embeddings.weight"]
            for kind in ("word", "position", "token_type")
        ]
        self._embedded = affine("embeddings.LayerNorm")
        self._layers = [
            (
                affine(*(f"{layer}.attention.self.{part}" for part in ("query", "key", "value"))),
                affine(f"{layer}.attention.output.dense"),
                affine(f"{layer}.attention.output.LayerNorm"),
                affine(f"{layer}.intermediate.dense"),
                affine(f"{layer}.output.dense"),
                affine(f"{layer}.output.LayerNorm"),
            )
            for layer in (f"encoder.layer.{n}" for n in range(config.num_hidden_layers))
        ]

    def __call__(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """Hidden states, (texts, tokens, width), of ids, mask and types of (texts, tokens)."""
        from torch.nn import functional as F  # noqa: N812 - as everybody calls it

        word, position, kind = self._embeddings
        hidden = word[input_ids] + position[: input_ids.shape[1]] + kind[token_type_ids]
        hidden = self._norm(hidden, self._embedded)
        # Texts of one length need no mask, and are done sooner without.
        seen = None if attention_mask.all() else attention_mask[:, None, None, :].bool()
        for attend, joined, settled, widen, narrow, done in self._layers:
            parts = F.linear(hidden, *attend).view(*input_ids.shape, 3, self._heads, -1)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
            mixed = mixed.transpose(1, 2).flatten(2)
            hidden = self._norm(F.linear(mixed, *joined) + hidden, settled)
            wide = F.gelu(F.linear(hidden, *widen))
            hidden = self._norm(F.linear(wide, *narrow) + hidden, done)
        return hidden

    def _norm(self, hidden: torch.Tensor, norm: Affine) -> torch.Tensor:
        from torch.nn.functional import layer_norm

        return layer_norm(hidden, hidden.shape[-1:], *norm, self._epsilon)
