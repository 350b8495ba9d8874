"""Wording that an article must not or should not have; the rules are data/lint.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from assistant.corpus.lint.draft import Draft, quoted
from assistant.settings import DATA, read_toml
from assistant.types import Finding, Severity

_Patterns = tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingRule:
    """One `[[rule]]` of lint.toml. `where` is "text", or "hidden" for what readers can't see."""

    name: str
    severity: Severity
    say: str
    find: _Patterns
    about: _Patterns = ()
    unless: _Patterns = ()
    where: str = "text"

    def match(self, sentence: str) -> str:
        """The words that break the rule; empty when there are none."""
        found = next((hit for pattern in self.find if (hit := pattern.search(sentence))), None)
        if not found or any(pattern.search(sentence) for pattern in self.unless):
            return ""
        if self.about and not any(pattern.search(sentence) for pattern in self.about):
            return ""
        return found[0].strip()


@cache
def wording_rules() -> tuple[WordingRule, ...]:
    """The rules of data/lint.toml, in its order."""
    return tuple(_rule(table) for table in read_toml(DATA / "lint.toml")["rule"])


def _rule(table: dict[str, Any]) -> WordingRule:
    patterns: dict[str, Any] = {
        key: tuple(re.compile(pattern, re.IGNORECASE) for pattern in table.get(key, ()))
        for key in ("find", "about", "unless")
    }
    return WordingRule(**{**table, **patterns})


def wording(draft: Draft) -> Iterator[Finding]:
    """Crisis numbers, methods of suicide, promises, advice, words to an AI: in each sentence."""
    rules = [rule for rule in wording_rules() if rule.where == "text"]
    for sentence in draft.sentences:
        for rule in rules:
            if words := rule.match(sentence.text):
                yield draft.finding(
                    rule.name,
                    f"{quoted(words, 60)} in {quoted(sentence.text)}: {rule.say}",
                    sentence.start,
                    severity=rule.severity,
                )
                if rule.severity == "error":  # which says enough about this sentence
                    break


def instruction(text: str, *, hidden: bool = False) -> WordingRule | None:
    """The rule against words to an AI that a text breaks; more is suspect where it is hidden."""
    for rule in wording_rules():
        suspect = rule.name == "instruction" and (hidden or rule.where == "text")
        if suspect and any(rule.match(sentence) for sentence in re.split(r"(?<=[.!?])\s", text)):
            return rule
    return None
