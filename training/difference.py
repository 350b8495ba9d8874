"""What a training changed, kept small: the difference to the default weights."""

from __future__ import annotations

import torch
from torch import nn
from transformers import AutoModel

from assistant.models import default_model_path


def difference(
    encoder: nn.Module, head: nn.Linear, rank: int | None = None
) -> dict[str, torch.Tensor]:
    """What the training changed, as `assistant.models.adapted.merged` reads it.

    Matrices in eight bits with a scale a row or, where a rank is given, as two factors of that
    rank; these, vectors and the head in bfloat16.
    """
    base = AutoModel.from_pretrained(str(default_model_path())).state_dict()
    kept: dict[str, torch.Tensor] = {}
    for name, tuned in encoder.state_dict().items():
        if name not in base or not tuned.dtype.is_floating_point:
            continue
        change = tuned.float() - base[name].float()
        if not change.any():
            continue
        if change.ndim < 2:
            kept[name] = change.to(torch.bfloat16)
        elif rank is None:
            kept[name], kept[f"{name}.scale"] = _in_eight_bits(change)
        else:
            kept[f"{name}.up"], kept[f"{name}.down"] = _factors(change, rank)
    kept["head.weight"] = head.weight.detach().to(torch.bfloat16)
    kept["head.bias"] = head.bias.detach().to(torch.bfloat16)
    return {name: tensor.contiguous() for name, tensor in kept.items()}


def _in_eight_bits(change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Whole numbers from -127 to 127, and what one of them is worth in each row."""
    scale = change.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
    return (change / scale).round().to(torch.int8), scale


def _factors(change: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The two thin matrices whose product is nearest to the change (Eckart and Young 1936)."""
    u, s, v = torch.linalg.svd(change, full_matrices=False)
    root = s[:rank].sqrt()
    up, down = u[:, :rank] * root, root[:, None] * v[:rank]
    return up.to(torch.bfloat16), down.to(torch.bfloat16)
