"""Message to label: rules that a clinician can read, then a classifier that may add urgency.

    from assistant.triage import Triager
    Triager(classifier).triage("I can't go on")

Urgent wins over everything else. What the rules find is never lowered by anything but the named
education and idiom rules in `triage_clear.toml`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

from assistant.triage.rules import Findings, Rule, rule_book
from assistant.triage.windows import for_classifier, windows, windows_of
from assistant.types import REMEMBERED, URGENT, Label, Triage, Turn

log = logging.getLogger(__name__)

DOUBT = "doubt"
# What is assumed of a message that could not be read: nobody may be left without help.
TRIAGE_FAILED = Triage(label="crisis", sensitive=True, rule_ids=("triage-failed",))

# Which urgent label is shown when a message has several: the one that can least wait.
_MOST_URGENT: tuple[Label, ...] = ("emergency", "crisis", "crisis_other", "danger")
# Everyday rules that say enough by themselves; small talk, which does where nothing else is said;
# those on the practice, which give way to rules on other businesses and to a classifier that is
# nearly certain of another subject ("how much is a good camera"); and those that only count where
# it is not sure.
_STRONG = ("off-topic.injection", "advice.")
_TALK = ("small-talk",)
_OURS = ("practice.",)
_OTHERS = ("off-topic.elsewhere",)
_WEAK = ("information.", "off-topic.")
_ELSEWHERE = 0.95
# People ask other businesses in the same words ("my phone plan"): a guess that the practice or this
# chat is meant must be surer than others. A less sure one is searched for, and every refusal tells
# how to reach the practice.
_SURELY_OURS = 0.8
_FIXED = ("practice", "small_talk")  # what has fixed replies
_HINTED = 0.5  # a hint of the rules halves how sure the classifier must be of urgency
_CLEARED = 0.5  # where rules for education or idiom fit every sentence, half the doubt is allowed

# What a rule found is remembered for good, and what the classifier sensed in two messages; what it
# sensed in one only, for so many messages: else one wrong guess would stand between a visitor and
# every later answer. The page keeps the card in reach either way.
_GUESS_HELD = 3


class Classifier(Protocol):
    """Tells how likely each label is."""

    labels: tuple[str, ...]
    urgent_from: float
    """The least probability of the urgent labels together that raises the card."""
    sure_from: float
    """The least probability of an everyday label that decides."""

    def probabilities(self, texts: Sequence[str]) -> list[list[float]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the classifier makes of a message: its likeliest urgent and everyday label."""

    urgent: Label
    urgency: float
    everyday: Label
    sureness: float
    windows: int


class Triager:
    """Decides what kind of message a visitor has sent. Needs no store; never raises."""

    def __init__(self, classifier: Classifier | None) -> None:
        self._classifier = classifier
        self._book = rule_book()

    def triage(self, message: str, history: Sequence[Turn] = ()) -> Triage:
        """The label of a message, in the light of what the visitor said before."""
        try:
            earlier = [turn.text for turn in history if turn.role == "user"]
            texts = [message, *reversed(earlier)]
            findings = [self._book.scan(text) for text in texts]
            opinions = self._opinions(findings)
            urgent = [self._urgent(*seen) for seen in zip(findings, opinions, strict=True)]
            # The same words again are no second sign.
            sensed = {t for t, one in zip(texts, urgent, strict=True) if one and one.guessed}
            for n, one in enumerate(urgent):
                if one and (n <= _GUESS_HELD or len(sensed) > 1 or not one.guessed):
                    return _remembered(one) if n else one
            return self._everyday(findings[0], opinions[0])
        except Exception as error:  # a fault of ours must not leave somebody without help
            log.error("triage failed: %s", type(error).__name__)
            return TRIAGE_FAILED

    def _urgent(self, found: Findings, opinion: Opinion | None) -> Triage | None:
        for label in _MOST_URGENT:
            if rules := found.with_label(label):
                return Triage(label=label, sensitive=True, rule_ids=_cards_and_ids(rules))
        hints = tuple(dict.fromkeys(f"hint:{rule.id}" for rule in found.hints))
        if opinion and self._classifier:
            if opinion.urgency >= _enough(found, opinion, self._classifier.urgent_from):
                ids = (f"classifier:{opinion.urgency:.2f}", *hints)
                return Triage(label=opinion.urgent, sensitive=True, rule_ids=ids)
        elif hints:  # rules alone: doubt goes to the card
            theirs = all(rule.label == "crisis_other" for rule in found.hints)
            doubtful: Label = "crisis_other" if theirs else "crisis"
            return Triage(label=doubtful, sensitive=True, rule_ids=(DOUBT, *hints))
        return None

    def _opinions(self, findings: Sequence[Findings]) -> list[Opinion | None]:
        """The classifier's opinion of each message; none where there is no classifier."""
        if self._classifier is None:
            return [None] * len(findings)
        cut = [windows(found.read, self._book.lexicon.words) for found in findings]
        try:
            rows = self._classifier.probabilities([text for texts in cut for text in texts])
        except Exception as error:  # rules alone decide then
            log.error("the classifier failed: %s", type(error).__name__)
            return [None] * len(findings)
        opinions: list[Opinion | None] = []
        for texts in cut:
            mine, rows = rows[: len(texts)], rows[len(texts) :]
            opinions.append(self._opinion(mine, self._classifier.labels) if mine else None)
        return opinions

    @staticmethod
    def _opinion(rows: Sequence[Sequence[float]], names: Sequence[str]) -> Opinion:
        """The most urgent window decides on urgency, the first one (the whole) on the rest."""
        labels = cast(Sequence[Label], names)
        by_label = [dict(zip(labels, row, strict=True)) for row in rows]
        urgency = [sum(p for label, p in row.items() if label in URGENT) for row in by_label]
        worst = by_label[urgency.index(max(urgency))]
        everyday = {label: p for label, p in by_label[0].items() if label not in URGENT}
        likeliest = max(everyday, key=lambda label: everyday[label])
        return Opinion(
            urgent=max(_MOST_URGENT, key=lambda label: worst[label]),
            urgency=max(urgency),
            everyday=likeliest,
            sureness=everyday[likeliest],
            windows=len(rows),
        )

    def _everyday(self, found: Findings, opinion: Opinion | None) -> Triage:
        sensitive = bool(found.notes or found.cleared)
        if rules := _first(found, _STRONG):
            return _everyday(rules, sensitive)
        if talk := _first(found, _TALK):
            rest = found.beside(talk)
            return self._beside_talk(rest, sensitive) if rest else _everyday(talk, sensitive)
        others = _first(found, _OTHERS)
        if (rules := _first(found, _OURS)) and not _sure_of_others(opinion):
            return _everyday(rules, sensitive)
        if opinion and opinion.sureness >= self._sure_from(opinion.everyday):
            if others and opinion.everyday == "practice":
                return _everyday(others, sensitive)
            ids = (f"classifier:{opinion.sureness:.2f}",)
            return Triage(label=opinion.everyday, sensitive=sensitive, rule_ids=ids)
        if rules := _first(found, _WEAK):
            return _everyday(rules, sensitive)
        cleared = tuple(rule.id for rule in found.cleared)
        return Triage(label="information", sensitive=sensitive, rule_ids=cleared)

    def _beside_talk(self, rest: Sequence[str], sensitive: bool) -> Triage:
        """What is said after a greeting or a thank-you is of the kind that it is without one.

        All of the message was not urgent, but this may be: a "Hi!" before it calms the classifier.
        """
        found = self._book.weigh(rest)
        [opinion] = self._opinions([found])
        alone = self._urgent(found, opinion) or self._everyday(found, opinion)
        return replace(alone, sensitive=sensitive or alone.sensitive)

    def _sure_from(self, label: Label) -> float:
        """How sure the classifier must be of an everyday label."""
        known = self._classifier.sure_from if self._classifier else 1.0
        return max(known, _SURELY_OURS) if label in _FIXED else known


def _sure_of_others(opinion: Opinion | None) -> bool:
    """Whether the classifier is nearly certain that neither we nor our subject are meant."""
    return bool(opinion and opinion.everyday == "off_topic" and opinion.sureness >= _ELSEWHERE)


def _enough(found: Findings, opinion: Opinion, urgent_from: float) -> float:
    """How sure the classifier must be, in the light of what the rules saw."""
    if found.hints:
        doubt = 1 - urgent_from * _HINTED
    else:
        doubt = (1 - urgent_from) * (1 if found.plain else _CLEARED)
    # The surest of many windows is more often wrong than a single one (Bonferroni's correction).
    return 1 - doubt / opinion.windows


def _first(found: Findings, prefixes: Sequence[str]) -> list[Rule]:
    """The rules of the first of the prefixes that has any."""
    for prefix in prefixes:
        if rules := [rule for rule in found.certain if rule.id.startswith(prefix)]:
            return rules
    return []


def _everyday(rules: Sequence[Rule], sensitive: bool) -> Triage:
    label = cast(Label, rules[0].label)
    return Triage(label=label, sensitive=sensitive, rule_ids=_cards_and_ids(rules))


def _remembered(urgent: Triage) -> Triage:
    """Risk that was voiced earlier is still there, whatever is asked now."""
    return Triage(label=urgent.label, sensitive=True, rule_ids=(REMEMBERED, *urgent.rule_ids))


def _cards_and_ids(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Rule ids, then `card:` and what each adds to the wording."""
    cards = dict.fromkeys(f"card:{name}" for rule in rules for name in rule.card)
    return (*(rule.id for rule in rules), *cards)


def said_by(triage: Triage) -> frozenset[str]:
    """The wording that the rules behind a label ask for."""
    marks = (id_ for id_ in triage.rule_ids if id_.startswith("card:"))
    return frozenset(mark.removeprefix("card:") for mark in marks)


__all__ = [
    "DOUBT",
    "TRIAGE_FAILED",
    "Classifier",
    "Triager",
    "for_classifier",
    "said_by",
    "windows_of",
]
