"""Fine-tunes the default MiniLM into a cross-encoder, and keeps only a small difference to it."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

from assistant.models import Adapter, default_model_path, half_precision
from assistant.models.adapted import merged
from training.reader.pairs import Pair

log = logging.getLogger(__name__)

MAX_TOKENS = 192


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides what comes out."""

    seed: int = 13
    batch: int = 32
    warmup: float = 0.06
    weight_decay: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One walk through the pairs: how often each kind is seen (never where none is given).

    `frozen` counts the lowest layers that stay as they are: a third of the time is saved by two.
    """

    name: str
    learning_rate: float
    shares: Mapping[tuple[str, int], float]
    frozen: int = 0


# Pages and encyclopaedias first: this pass stays the same when our articles grow. What is closest
# to the work comes last: sentences of a clinic's articles, with enough of the rest that it is not
# forgotten.
BROAD = Pass(
    name="broad",
    learning_rate=8e-5,
    shares={
        ("page", 1): 0.6,
        ("page", 0): 0.5,
        ("neighbour", 0): 0.5,
        ("template", 0): 0.6,
        ("squad", 0): 2.0,
        ("squad", 1): 1.2,
        ("squad beside", 1): 0.8,
        ("squad beside", 0): 0.6,
        ("selqa beside", 1): 1.0,
        ("selqa beside", 0): 0.7,
    },
)
CLOSE = Pass(
    name="close",
    learning_rate=6e-5,
    shares={
        ("clinic", 1): 1.0,
        ("clinic", 0): 0.5,
        ("clinic neighbour", 0): 1.0,
        ("page", 1): 0.12,
        ("page", 0): 0.12,
        ("neighbour", 0): 0.12,
        ("template", 0): 0.3,
        ("squad", 0): 0.6,
        ("squad", 1): 0.4,
        ("squad beside", 1): 0.4,
        ("squad beside", 0): 0.4,
        ("selqa beside", 1): 0.6,
        ("selqa beside", 0): 0.4,
    },
)
# From weights that have had both: a shorter walk, when articles of our own have been added.
FURTHER = Pass(
    name="further",
    learning_rate=6e-5,
    shares={
        ("clinic", 1): 0.42,
        ("clinic", 0): 0.13,
        ("clinic neighbour", 0): 0.35,
        ("page", 1): 0.04,
        ("page", 0): 0.04,
        ("neighbour", 0): 0.04,
        ("template", 0): 0.1,
        ("squad", 0): 0.2,
        ("squad", 1): 0.2,
        ("squad beside", 1): 0.2,
        ("squad beside", 0): 0.2,
        ("selqa beside", 1): 0.2,
        ("selqa beside", 0): 0.2,
    },
)
# A long walk over nearly all that our own articles give. What lies lowest in the network, how words
# are put together, is learned by now.
LONG = Pass(
    name="long",
    learning_rate=6e-5,
    frozen=2,
    shares={
        ("clinic", 1): 1.0,
        ("clinic", 0): 0.5,
        ("clinic neighbour", 0): 0.7,
        ("page", 1): 0.05,
        ("page", 0): 0.05,
        ("neighbour", 0): 0.05,
        ("template", 0): 0.15,
        ("squad", 0): 0.4,
        ("squad", 1): 0.3,
        ("squad beside", 1): 0.3,
        ("squad beside", 0): 0.3,
        ("selqa beside", 1): 0.4,
        ("selqa beside", 0): 0.3,
    },
)
# What still deceived it: details that an article leaves open beside the ones that it gives.
SHARP = Pass(
    name="sharp",
    learning_rate=5e-5,
    frozen=2,
    shares={
        ("near miss", 1): 1.0,
        ("near miss", 0): 0.45,
        ("clinic", 1): 0.12,
        ("clinic", 0): 0.05,
        ("clinic neighbour", 0): 0.12,
        ("page", 1): 0.01,
        ("page", 0): 0.01,
        ("template", 0): 0.03,
        ("squad", 0): 0.05,
        ("squad", 1): 0.04,
        ("squad beside", 1): 0.04,
        ("squad beside", 0): 0.04,
        ("selqa beside", 1): 0.06,
        ("selqa beside", 0): 0.05,
    },
)
# What it still takes for answers, with complete keys; long sentences, where it was weakest, twice.
MINED = Pass(
    name="mined",
    learning_rate=6e-5,
    frozen=1,
    shares={
        ("clinic", 1): 0.8,
        ("clinic", 0): 0.3,
        ("long sentences", 1): 1.0,
        ("long sentences", 0): 0.45,
        ("near miss", 1): 1.0,
        ("near miss", 0): 0.4,
        ("paragraphs", 1): 0.9,
        ("paragraphs", 0): 0.8,
        ("clinic neighbour", 0): 0.5,
        ("page", 1): 0.05,
        ("page", 0): 0.05,
        ("neighbour", 0): 0.05,
        ("template", 0): 0.12,
        ("squad", 0): 1.5,
        ("squad", 1): 0.8,
        ("squad beside", 1): 0.4,
        ("squad beside", 0): 0.4,
        ("selqa beside", 1): 0.25,
        ("selqa beside", 0): 0.2,
    },
)
# Questions one small step away from one that a paragraph answers, and just as many that it does
# answer in other words; enough of the rest that it is not forgotten.
EXACT = Pass(
    name="exact",
    learning_rate=6e-5,
    frozen=1,
    shares={
        ("paragraphs", 1): 1.0,
        ("paragraphs", 0): 1.0,
        ("clinic", 1): 0.3,
        ("clinic", 0): 0.12,
        ("long sentences", 1): 0.5,
        ("long sentences", 0): 0.2,
        ("near miss", 1): 0.4,
        ("near miss", 0): 0.16,
        ("clinic neighbour", 0): 0.2,
        ("page", 1): 0.1,
        ("page", 0): 0.1,
        ("neighbour", 0): 0.1,
        ("template", 0): 0.1,
        ("squad", 0): 1.5,
        ("squad", 1): 0.7,
        ("squad beside", 1): 0.3,
        ("squad beside", 0): 0.3,
        ("selqa beside", 1): 0.25,
        ("selqa beside", 0): 0.2,
    },
)
PASSES = {one.name: one for one in (BROAD, CLOSE, FURTHER, LONG, SHARP, MINED, EXACT)}


def mixed(pairs: Sequence[Pair], shares: Mapping[tuple[str, int], float], seed: int) -> list[Pair]:
    """The pairs of one pass, each kind in its share.

    Long sentences that a pass says nothing on are as any others of our articles.
    """
    dice = random.Random(seed)
    seen: list[Pair] = []
    for pair in pairs:
        kind = pair.kind
        if kind == "long sentences" and (kind, pair.label) not in shares:
            kind = "clinic"
        share = shares.get((kind, pair.label), 0.0)
        if share:  # no draw otherwise: kinds left out must not change what is chosen of the rest
            whole, rest = divmod(share, 1.0)
            seen += [pair] * (int(whole) + (dice.random() < rest))
    return seen


class CrossEncoder(nn.Module):
    """MiniLM over question and passage together; mean of the tokens; one logit."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        folder = str(default_model_path())
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        # No dropout: each pair is seen once, and drawing the masks costs a third of the time.
        self.encoder = AutoModel.from_pretrained(
            folder,
            attn_implementation="eager",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        self.head = nn.Linear(self.encoder.config.hidden_size, 1)
        nn.init.zeros_(self.head.bias)
        nn.init.normal_(self.head.weight, std=0.02)
        self.learn_all_but(0)

    def learn_all_but(self, layers: int) -> None:
        """Freezes the lowest layers with what lies under them, and always the word embeddings.

        Those are most of the weights, and the difference must stay small.
        """
        self.requires_grad_(True)
        embeddings = self.encoder.embeddings
        (embeddings if layers else embeddings.word_embeddings).requires_grad_(False)
        self.encoder.encoder.layer[:layers].requires_grad_(False)

    def forward(self, questions: Sequence[str], passages: Sequence[str]) -> torch.Tensor:
        """Logits, one a pair."""
        inputs = self.tokenizer(
            list(questions),
            list(passages),
            truncation="only_second",
            max_length=MAX_TOKENS,
            padding=True,
            return_tensors="pt",
        )
        hidden = self.encoder(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        pooled = (hidden * mask).sum(1) / mask.sum(1)
        logits: torch.Tensor = self.head(pooled.float()).squeeze(-1)
        return logits


def start_from(model: CrossEncoder, adapter: Adapter) -> CrossEncoder:
    """Continues from a trained adapter: the base weights with its difference, and its head."""
    model.encoder.load_state_dict(merged(model.encoder.state_dict(), adapter.tensors))
    with torch.no_grad():
        model.head.weight.copy_(adapter.tensors["head.weight"].float())
        model.head.bias.copy_(adapter.tensors["head.bias"].float())
    return model


def averaged(model: CrossEncoder, before: Mapping[str, torch.Tensor]) -> CrossEncoder:
    """The model with the mean, weight by weight, of its weights and of those before its training.

    Better than either, at no cost when running (Wortsman et al., "Model soups", ICML 2022).
    """
    after = model.state_dict()
    mean = {
        name: (tensor + before[name]) / 2 if tensor.is_floating_point() else tensor
        for name, tensor in after.items()
    }
    model.load_state_dict(mean)
    return model


def fine_tune(
    model: CrossEncoder, pairs: Sequence[Pair], recipe: Recipe, walk: Pass
) -> CrossEncoder:
    """One pass of AdamW with a linear schedule; deterministic for a seed."""
    torch.manual_seed(recipe.seed)
    torch.use_deterministic_algorithms(True)
    # Nothing here reads memory that was not written; filling it costs a third of the time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    model.train().learn_all_but(walk.frozen)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        trained, lr=walk.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    batches = list(_batches(pairs, recipe))
    warm = max(1, int(recipe.warmup * len(batches)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(
            (step + 1) / warm, max(0.0, (len(batches) - step) / (len(batches) - warm))
        ),
    )
    started, total = time.perf_counter(), 0.0
    for step, batch in enumerate(batches, start=1):
        labels = torch.tensor([float(pair.label) for pair in batch])
        with half_precision():
            logits = model([p.question for p in batch], [p.passage for p in batch])
        loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        total += float(loss.detach())
        if step % 100 == 0:
            rate = step / (time.perf_counter() - started)
            log.info(
                "step %d of %d, loss %.4f, %.2f steps/s, %.0f min left",
                step, len(batches), total / 100, rate, (len(batches) - step) / rate / 60,
            )  # fmt: skip
            total = 0.0
    return model.eval()


def logits(model: CrossEncoder, pairs: Sequence[Pair], batch: int = 64) -> np.ndarray:
    """The model's logit for each pair, in order."""
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].passage))
    found = np.zeros(len(pairs), dtype=np.float64)
    with torch.inference_mode(), half_precision():
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            scores = model([pairs[i].question for i in chosen], [pairs[i].passage for i in chosen])
            found[chosen] = scores.float().numpy()
    return found


def _batches(pairs: Sequence[Pair], recipe: Recipe) -> Iterator[list[Pair]]:
    """Pairs of like length together, so that little is padding; batches in random order."""
    shuffled = list(pairs)
    dice = random.Random(recipe.seed)
    dice.shuffle(shuffled)
    window = recipe.batch * 50
    batches = []
    for start in range(0, len(shuffled), window):
        near = sorted(shuffled[start : start + window], key=lambda p: len(p.question + p.passage))
        batches += [near[i : i + recipe.batch] for i in range(0, len(near), recipe.batch)]
    dice.shuffle(batches)
    yield from batches
