"""What a training changed, as it is kept: merged again, it is what was trained; the mean of two."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModel

from assistant import models
from assistant.models.adapted import merged
from training.difference import difference
from training.reader.train import CrossEncoder, averaged

MATRIX = "encoder.layer.3.output.dense.weight"
VECTOR = "encoder.layer.3.output.dense.bias"


def tuned(rank: int):
    """The default model after a training that changed one vector, and one matrix at that rank."""
    model = AutoModel.from_pretrained(str(models.default_model_path()))
    dice = torch.Generator().manual_seed(5)
    matrix, vector = model.get_parameter(MATRIX), model.get_parameter(VECTOR)
    rows, columns = matrix.shape
    change = torch.randn(rows, rank, generator=dice) @ torch.randn(rank, columns, generator=dice)
    with torch.no_grad():
        matrix += 0.001 * change
        vector += 0.01 * torch.randn(len(vector), generator=dice)
    return model


@pytest.mark.parametrize("rank", [None, 4])
def test_a_difference_merged_again_is_what_was_trained(rank):
    """Whole in eight bits, or as factors; and only what was changed is kept at all."""
    base = AutoModel.from_pretrained(str(models.default_model_path())).state_dict()
    trained = tuned(rank=4)
    kept = difference(trained, torch.nn.Linear(384, 1), rank)
    again = merged(base, kept)
    for name, expected in trained.state_dict().items():
        change = (expected - base[name]).abs().max()
        torch.testing.assert_close(again[name], expected, rtol=0, atol=float(change) / 100)
    touched = {name for name in kept if name.startswith(MATRIX) or name == VECTOR}
    assert set(kept) == touched | {"head.weight", "head.bias"}


def test_the_mean_of_two_trainings_lies_half_way():
    model = CrossEncoder(seed=13)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        model.encoder.get_parameter(VECTOR).add_(0.5)
        model.head.bias.add_(1.0)
    averaged(model, before)
    torch.testing.assert_close(
        model.encoder.get_parameter(VECTOR), before[f"encoder.{VECTOR}"] + 0.25
    )
    torch.testing.assert_close(model.head.bias, before["head.bias"] + 0.5)
    assert torch.equal(model.encoder.get_parameter(MATRIX), before[f"encoder.{MATRIX}"])
