"""Trains the classifier of triage on the messages in training/triage_examples.

    python -m training.triage            # trains, measures by cross-validation, writes the artefact

MiniLM is fine-tuned (word embeddings stay as they are) to tell the nine labels apart; what is kept
is a difference of low rank. Deterministic for a seed on one machine.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold
from torch import nn
from transformers import AutoModel, AutoTokenizer

from assistant.models import Adapter, default_model_path
from assistant.models.classifier import FOLDER
from assistant.triage import for_classifier
from assistant.types import URGENT, Label
from training.low_rank import low_rank_difference

EXAMPLES = Path(__file__).parent / "triage_examples"
LABELS: tuple[Label, ...] = get_args(Label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides what comes out."""

    seed: int = 7
    epochs: int = 8
    batch: int = 32
    learning_rate: float = 2e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    dropout: float = 0.1
    smoothing: float = 0.05  # of the labels: leaves room for doubt
    typing_errors: float = 0.3  # share of messages that get one
    max_tokens: int = 96
    rank: int = 16
    folds: int = 4
    false_alarms: float = 0.005  # of the harmless examples, at most, in cross-validation


class Classifier(nn.Module):
    """MiniLM, the mean of its tokens, and one logit a label."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        folder = str(default_model_path())
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.encoder = AutoModel.from_pretrained(folder)
        self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        self.dropout = nn.Dropout(recipe.dropout)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(LABELS))
        self._max_tokens = recipe.max_tokens

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        """Logits, one row a text."""
        inputs = self.tokenizer(
            list(texts),
            truncation=True,
            max_length=self._max_tokens,
            padding=True,
            return_tensors="pt",
        )
        hidden = self.encoder(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        pooled = (hidden * mask).sum(1) / mask.sum(1)
        logits: torch.Tensor = self.head(self.dropout(pooled))
        return logits


def examples() -> tuple[list[str], np.ndarray]:
    """All example messages as triage would see them, and the index of each one's label."""
    texts: list[str] = []
    labels: list[int] = []
    for path in sorted(EXAMPLES.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("# "):
                texts.append(for_classifier(line))
                labels.append(LABELS.index(path.stem))
    return texts, np.array(labels)


def examples_hash() -> str:
    """SHA-256 of all example files: the artefact names what it was trained on."""
    digest = hashlib.sha256()
    for path in sorted(EXAMPLES.glob("*.txt")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def train(texts: Sequence[str], labels: np.ndarray, recipe: Recipe) -> Classifier:
    """Fine-tunes with AdamW and a linear schedule; rarer labels weigh more."""
    torch.manual_seed(recipe.seed)
    dice = random.Random(recipe.seed)
    model = Classifier(recipe).train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    batches = [b for _ in range(recipe.epochs) for b in _batches(len(texts), recipe, dice)]
    warm = max(1, int(recipe.warmup * len(batches)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm, (len(batches) - s) / (len(batches) - warm))
    )
    counts = np.bincount(labels, minlength=len(LABELS))
    weights = np.sqrt(counts.sum() / (len(LABELS) * counts))
    loss_of = nn.CrossEntropyLoss(
        weight=torch.tensor(weights, dtype=torch.float), label_smoothing=recipe.smoothing
    )
    for batch in batches:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model([_typed(texts[i], dice, recipe) for i in batch])
        loss_of(logits.float(), torch.tensor(labels[batch])).backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
    return model.eval()


def probabilities(model: Classifier, texts: Sequence[str]) -> np.ndarray:
    """One row a text."""
    with torch.inference_mode():
        parts = [model(texts[i : i + 64]).softmax(-1) for i in range(0, len(texts), 64)]
    return torch.cat(parts).float().numpy()


def cross_validated(texts: list[str], labels: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Probabilities of each example by a model that has not seen it."""
    found = np.zeros((len(texts), len(LABELS)))
    splitter = StratifiedKFold(recipe.folds, shuffle=True, random_state=recipe.seed)
    for seen, unseen in splitter.split(texts, labels):
        model = train([texts[i] for i in seen], labels[seen], recipe)
        found[unseen] = probabilities(model, [texts[i] for i in unseen])
    return found


def threshold(found: np.ndarray, labels: np.ndarray, recipe: Recipe) -> float:
    """The least probability of urgency that raises few enough false alarms."""
    urgent = urgency(found)[~is_urgent(labels)]
    allowed = int(recipe.false_alarms * len(urgent))
    return float(np.sort(urgent)[::-1][allowed]) + 1e-6


def urgency(found: np.ndarray) -> np.ndarray:
    """Probability that any of the urgent labels is right."""
    columns = [i for i, label in enumerate(LABELS) if label in URGENT]
    total: np.ndarray = found[:, columns].sum(axis=1)
    return total


def is_urgent(labels: np.ndarray) -> np.ndarray:
    return np.isin(labels, [i for i, label in enumerate(LABELS) if label in URGENT])


def _batches(count: int, recipe: Recipe, dice: random.Random) -> list[list[int]]:
    order = list(range(count))
    dice.shuffle(order)
    return [order[i : i + recipe.batch] for i in range(0, count, recipe.batch)]


def _typed(text: str, dice: random.Random, recipe: Recipe) -> str:
    """The text with a slip of the finger in one longer word, sometimes."""
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) > 3]
    if long and dice.random() < recipe.typing_errors:
        at = dice.choice(long)
        word = words[at]
        k = dice.randrange(1, len(word) - 1)
        slips = [word[:k] + word[k + 1 :], word[:k] + word[k + 1] + word[k] + word[k + 2 :]]
        words[at] = dice.choice(slips)
    return " ".join(words)


def main() -> None:
    recipe = Recipe()
    texts, labels = examples()
    found = cross_validated(texts, labels, recipe)
    urgent_from = threshold(found, labels, recipe)
    urgent = urgency(found) >= urgent_from
    actual = is_urgent(labels)
    right = (found.argmax(axis=1) == labels).mean()
    print(f"{len(texts)} examples; {recipe.folds}-fold: label right {right:.3f}")
    print(f"urgent from {urgent_from:.3f}: recall {urgent[actual].mean():.3f}")
    print(f"false alarms {urgent[~actual].mean():.4f}")
    model = train(texts, labels, recipe)
    Adapter(
        tensors=low_rank_difference(model.encoder, model.head, recipe.rank),
        facts={
            "labels": LABELS,
            "urgent_from": round(urgent_from, 4),
            "sure_from": 0.5,
            "max_tokens": recipe.max_tokens,
            "examples": len(texts),
            "examples_sha256": examples_hash(),
            "cross_validation": {
                "label_right": round(float(right), 4),
                "urgent_recall": round(float(urgent[actual].mean()), 4),
                "false_alarms": round(float(urgent[~actual].mean()), 4),
            },
        },
    ).write(FOLDER)


if __name__ == "__main__":
    main()
