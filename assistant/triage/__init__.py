"""Message to label: rules that a clinician can read, then a classifier that may add urgency.

    from assistant.triage import Triager
    Triager(embedder).triage("I can't go on")

Urgent wins over everything else. What the rules find is never lowered by anything but the named
education and idiom rules in `triage_clear.toml`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from assistant.triage.rules import Findings, Rule, rule_book
from assistant.types import REMEMBERED, URGENT, Embedder, Label, Triage, Turn

log = logging.getLogger(__name__)

DOUBT = "doubt"

# Which urgent label is shown when a message has several: the one that can least wait.
_MOST_URGENT: tuple[Label, ...] = ("emergency", "crisis", "crisis_other", "danger")
_EVERYDAY: tuple[str, ...] = (
    "off-topic.injection",
    "advice.",
    "small-talk",
    "practice.",
    "information.",
    "off-topic.",
)


class Triager:
    """Decides what kind of message a visitor has sent. Needs no store; never raises."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder
        self._book = rule_book()

    def triage(self, message: str, history: Sequence[Turn] = ()) -> Triage:
        """The label of a message, in the light of what the visitor said before."""
        try:
            found = self._book.scan(message)
            urgent = self._urgent(found) or self._earlier(history)
            return urgent or self._everyday(found)
        except Exception as error:  # a fault of ours must not leave somebody without help
            log.error("triage failed: %s", type(error).__name__)
            return Triage(label="crisis", rule_ids=("triage-failed",))

    def _urgent(self, found: Findings) -> Triage | None:
        for label in _MOST_URGENT:
            if rules := found.with_label(label):
                return Triage(label=label, sensitive=True, rule_ids=_cards_and_ids(rules))
        if self._embedder is None and found.hints:
            label = found.hints[0].label
            ids = (DOUBT, *(rule.id for rule in found.hints))
            return Triage(label="crisis" if label not in URGENT else label, rule_ids=ids)  # type: ignore[arg-type]
        if len({rule.id for rule in found.hints}) > 1:
            return Triage(label="crisis", rule_ids=(DOUBT, *(rule.id for rule in found.hints)))
        return None

    def _earlier(self, history: Sequence[Turn]) -> Triage | None:
        """Risk that was voiced earlier is still there, whatever is asked now."""
        for turn in reversed(history):
            if turn.role == "user" and (found := self._urgent(self._book.scan(turn.text))):
                return Triage(
                    label=found.label, sensitive=True, rule_ids=(REMEMBERED, *found.rule_ids)
                )
        return None

    def _everyday(self, found: Findings) -> Triage:
        sensitive = bool(found.notes or found.cleared)
        for prefix in _EVERYDAY:
            rules = [rule for rule in found.certain if rule.id.startswith(prefix)]
            if rules:
                label: Label = rules[0].label  # type: ignore[assignment]
                return Triage(label=label, sensitive=sensitive, rule_ids=_cards_and_ids(rules))
        cleared = tuple(rule.id for rule in found.cleared)
        return Triage(label="information", sensitive=sensitive, rule_ids=cleared)


def _cards_and_ids(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Rule ids, then `card:` and what each adds to the wording."""
    cards = dict.fromkeys(f"card:{name}" for rule in rules for name in rule.card)
    return (*(rule.id for rule in rules), *cards)


def said_by(triage: Triage) -> frozenset[str]:
    """The wording that the rules behind a label ask for."""
    marks = (id_ for id_ in triage.rule_ids if id_.startswith("card:"))
    return frozenset(mark.removeprefix("card:") for mark in marks)


__all__ = ["DOUBT", "Triager", "said_by"]
