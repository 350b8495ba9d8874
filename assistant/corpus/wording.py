"""The rules on wording that words must not or should not break: data/lint.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from assistant.settings import DATA, read_toml
from assistant.types import SettingsError, Severity

_Patterns = tuple[re.Pattern[str], ...]
_ALLOWED = {
    "severity": get_args(Severity),
    "where": ("text", "hidden"),
    "listed": (True, False),
}
# Word processors write these for - and '. One for one, so that offsets keep.
_TYPED = str.maketrans("‐‑‒–—―−‘’", "-------''")


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingRule:
    """One `[[rule]]` of lint.toml.

    `where` is "text", or "hidden" for what readers can't see; `listed` rules are for the entries
    under “References”, too.
    """

    name: str
    severity: Severity
    say: str
    find: _Patterns
    about: _Patterns = ()
    unless: _Patterns = ()
    where: str = "text"
    listed: bool = False

    def match(self, sentence: str) -> str:
        """The words that break the rule, as they are written; empty when there are none."""
        plain = sentence.translate(_TYPED)
        found = next((hit for pattern in self.find if (hit := pattern.search(plain))), None)
        if not found or any(pattern.search(plain) for pattern in self.unless):
            return ""
        if self.about and not any(pattern.search(plain) for pattern in self.about):
            return ""
        return sentence[found.start() : found.end()].strip()


@cache
def wording_rules() -> tuple[WordingRule, ...]:
    """The rules of data/lint.toml, in its order."""
    return tuple(_rule(table) for table in read_toml(DATA / "lint.toml")["rule"])


def _rule(table: dict[str, Any]) -> WordingRule:
    """Raises SettingsError for what is misspelt: it would switch the rule off unnoticed."""
    of_rule = f"lint.toml, rule {table.get('name', '?')!r}:"
    for key, allowed in _ALLOWED.items():
        if key in table and table[key] not in allowed:
            wanted = " or ".join(map(repr, allowed))
            raise SettingsError(f"{of_rule} {key} is {table[key]!r}.", hint=f"Write {wanted}.")
    try:
        patterns: dict[str, Any] = {
            key: tuple(re.compile(p.translate(_TYPED), re.IGNORECASE) for p in table.get(key, ()))
            for key in ("find", "about", "unless")
        }
        rule = WordingRule(**{**table, **patterns})
    except (re.error, TypeError, AttributeError) as error:
        raise SettingsError(f"{of_rule} {error}.", hint="Correct it in lint.toml.") from error
    if not rule.find:
        raise SettingsError(f"{of_rule} it has no `find`.", hint="Say what it looks for.")
    return rule


def forbidden(text: str) -> WordingRule | None:
    """The rule whose break keeps an article off the site that a visible text breaks."""
    rules = (r for r in wording_rules() if r.where == "text" and r.severity == "error")
    return next((rule for rule in rules if rule.match(text)), None)


def instruction(text: str, *, hidden: bool = False) -> WordingRule | None:
    """The rule against words to an AI that a text breaks; more is suspect where it is hidden."""
    for rule in wording_rules():
        suspect = rule.name == "instruction" and (hidden or rule.where == "text")
        if suspect and any(rule.match(sentence) for sentence in re.split(r"(?<=[.!?])\s", text)):
            return rule
    return None
