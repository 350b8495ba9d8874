"""What a training changed, kept small: the difference to the default weights, at low rank."""

from __future__ import annotations

import torch
from torch import nn
from transformers import AutoModel

from assistant.models import default_model_path


def low_rank_difference(encoder: nn.Module, head: nn.Linear, rank: int) -> dict[str, torch.Tensor]:
    """What the training changed: matrices as two factors of `rank`, vectors whole, in bfloat16."""
    base = AutoModel.from_pretrained(str(default_model_path())).state_dict()
    kept: dict[str, torch.Tensor] = {}
    for name, tuned in encoder.state_dict().items():
        if name not in base or not tuned.dtype.is_floating_point:
            continue
        change = tuned.float() - base[name].float()
        if not change.any():
            continue
        if change.ndim == 2 and min(change.shape) > rank:
            u, s, v = torch.linalg.svd(change, full_matrices=False)
            root = s[:rank].sqrt()
            kept[f"{name}.up"] = (u[:, :rank] * root).to(torch.bfloat16).contiguous()
            kept[f"{name}.down"] = (root[:, None] * v[:rank]).to(torch.bfloat16).contiguous()
        else:
            kept[name] = change.to(torch.bfloat16).contiguous()
    kept["head.weight"] = head.weight.detach().to(torch.bfloat16).contiguous()
    kept["head.bias"] = head.bias.detach().to(torch.bfloat16).contiguous()
    return kept
