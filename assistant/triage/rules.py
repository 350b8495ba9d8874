"""The rules that a clinician can read: phrases with a name each, found in folded text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from assistant.settings import DATA, read_toml
from assistant.text.folding import Lexicon, fold, fold_words
from assistant.types import SettingsError

Strength = Literal["certain", "hint", "clear", "note"]

RULE_FILES = (
    "triage_crisis.toml",
    "triage_emergency.toml",
    "triage_danger.toml",
    "triage_advice.toml",
    "triage_everyday.toml",
    "triage_clear.toml",
)
WORDS_FILE = "triage_words.toml"

_LONGEST_LINE = 60  # words; a longer line is read in overlapping stretches of this size
_OVERLAP = 20
_REACH = 6  # sentences within which the parts of a `together` rule must lie
_COMMON = frozenset(
    "i im ive id ill me my myself a an the to of in on for with and or is are was am be been it "
    "its this that you your he she they we have has had do does did dont not no can cant will "
    "wont want what how when if so just all any at by from get go going more "
    "yo me mi mis el la los las un una de del a en que y o no se le lo es si ya con por para su "
    "soy estoy he ha como muy mas".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One phrase of a rule, compiled; it is tried only where one of `anchors` occurs."""

    regex: re.Pattern[str]
    anchors: frozenset[str]

    def found(self, line: str) -> bool:
        return self.regex.search(line) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named rule of the rule files; the README of its fields is docs/triage.md."""

    id: str
    label: str
    strength: Strength = "certain"
    firm: bool = False
    card: tuple[str, ...] = ()
    find: tuple[Pattern, ...] = ()
    together: tuple[tuple[Pattern, ...], ...] = ()
    unless: tuple[Pattern, ...] = ()
    clears: tuple[str, ...] = ()
    signs: tuple[Pattern, ...] = ()
    at_least: int = 0
    unread: bool = False

    def cleared_by(self, other: Rule) -> bool:
        return not self.firm and any(name in (self.label, self.id) for name in other.clears)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the rules saw in one message.

    `plain` are the sentences that no rule cleared; `read` those that a classifier should see;
    `places` are the numbers of those in which a rule was found, by its id.
    """

    certain: tuple[Rule, ...] = ()
    hints: tuple[Rule, ...] = ()
    cleared: tuple[Rule, ...] = ()
    notes: tuple[Rule, ...] = ()
    lines: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    places: Mapping[str, set[int]] = field(default_factory=dict)

    def beside(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        """The sentences in which none of these rules was found."""
        theirs = set().union(*(self.places[rule.id] for rule in rules))
        return tuple(line for n, line in enumerate(self.lines) if n not in theirs)

    def with_label(self, *labels: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.certain if rule.label in labels)


@dataclass(frozen=True, kw_only=True)
class RuleBook:
    """All rules, and the words that misspellings are led back to."""

    rules: tuple[Rule, ...]
    lexicon: Lexicon
    first_person: frozenset[str] = frozenset()
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def _index(self) -> dict[str, list[tuple[int, str, int, Pattern]]]:
        """Patterns by anchor word; the empty word holds those that are tried on every line."""
        index: dict[str, list[tuple[int, str, int, Pattern]]] = {}
        for number, rule in enumerate(self.rules):
            groups: list[tuple[str, int, tuple[Pattern, ...]]] = [
                ("find", 0, rule.find),
                ("unless", 0, rule.unless),
                ("signs", 0, rule.signs),
                *(("together", k, group) for k, group in enumerate(rule.together)),
            ]
            for part, k, patterns in groups:
                for n, pattern in enumerate(patterns):
                    key = n if part == "signs" else k
                    for anchor in pattern.anchors or {""}:
                        index.setdefault(anchor, []).append((number, part, key, pattern))
        return index

    def fold(self, text: str) -> str:
        return fold(text, self.lexicon)

    def scan(self, text: str) -> Findings:
        """Every rule that `text` meets, sentence by sentence; nothing of it is left out."""
        found = self.weigh(stretches(self.fold(text)))
        return replace(found, certain=(*found.certain, *self._elsewhere(text)))

    def weigh(self, lines: Sequence[str]) -> Findings:
        """Every rule that these folded sentences meet."""
        hits: dict[Rule, set[int]] = {}
        clears: dict[int, list[Rule]] = {}
        parts: dict[tuple[int, str, int], set[int]] = {}
        for position, line in enumerate(lines):
            for number, part, key in self._found(line):
                parts.setdefault((number, part, key), set()).add(position)
        for number, rule in enumerate(self.rules):
            places = self._places(number, rule, parts)
            if not places:
                continue
            if rule.clears:
                for place in places:
                    clears.setdefault(place, []).append(rule)
            if rule.strength != "clear":
                hits[rule] = places
        return self._sorted(self._whose(hits, lines), clears, lines)

    def _whose(self, hits: Mapping[Rule, set[int]], lines: Sequence[str]) -> dict[Rule, set[int]]:
        """A sentence about somebody else's risk, in which nobody says "I", is not the visitor's."""
        theirs = {
            place
            for rule, places in hits.items()
            if rule.label == "crisis_other" and rule.strength == "certain"
            for place in places
            if not self.first_person & set(lines[place].split())
        }
        return {
            rule: places - theirs if rule.label == "crisis" else places
            for rule, places in hits.items()
            if rule.label != "crisis" or places - theirs
        }

    def _found(self, line: str) -> set[tuple[int, str, int]]:
        padded = line + " "
        found: set[tuple[int, str, int]] = set()
        for word in {"", *line.split()}:
            for number, part, key, pattern in self._index.get(word, ()):
                if (number, part, key) not in found and pattern.found(padded):
                    found.add((number, part, key))
        return found

    @staticmethod
    def _places(
        number: int, rule: Rule, parts: Mapping[tuple[int, str, int], set[int]]
    ) -> set[int]:
        places = set(parts.get((number, "find", 0), ()))
        if rule.together:
            groups = [parts.get((number, "together", k), set()) for k in range(len(rule.together))]
            places |= _near(groups)
        if rule.signs:
            seen = [parts.get((number, "signs", n), set()) for n in range(len(rule.signs))]
            for start in set().union(*seen):
                if sum(any(start <= p < start + _REACH for p in s) for s in seen) >= rule.at_least:
                    places.add(start)
        return places - parts.get((number, "unless", 0), set())

    def _sorted(
        self,
        hits: Mapping[Rule, set[int]],
        clears: Mapping[int, list[Rule]],
        lines: Sequence[str],
    ) -> Findings:
        certain: list[Rule] = []
        hints: list[Rule] = []
        notes: list[Rule] = []
        cleared: dict[str, Rule] = {}
        found: dict[str, set[int]] = {}
        unread = set().union(*(places for rule, places in hits.items() if rule.unread))
        calming = {p: [r for r in rules if r.strength == "clear"] for p, rules in clears.items()}
        touched = {place for place, rules in calming.items() if rules}
        for rule, places in hits.items():
            left = {p for p in places if not any(rule.cleared_by(c) for c in clears.get(p, ()))}
            for place in places - left:
                cleared |= {c.id: c for c in calming[place] if rule.cleared_by(c)}
            if not left:
                continue
            found[rule.id] = left
            {"certain": certain, "hint": hints, "note": notes}[rule.strength].append(rule)
        return Findings(
            certain=tuple(certain),
            hints=tuple(hints),
            cleared=tuple(cleared.values()),
            notes=tuple(notes),
            lines=tuple(lines),
            plain=tuple(line for n, line in enumerate(lines) if n not in touched),
            read=tuple(line for n, line in enumerate(lines) if n not in unread),
            places=found,
        )

    def _elsewhere(self, text: str) -> list[Rule]:
        """Phrases of languages other than English and Spanish, wherever they stand."""
        if not self.elsewhere:
            return []
        low = _caseless(text)
        return [
            Rule(id=f"{label}.other-language", label=label)
            for label, phrases in self.elsewhere.items()
            if any(phrase in low for phrase in phrases)
        ]


def _caseless(text: str) -> str:
    """`text` in small letters, each accented one a single character as in the rule files."""
    return unicodedata.normalize("NFC", text).casefold()


def stretches(folded: str) -> list[str]:
    """The different sentences of a folded text; very long ones in overlapping stretches."""
    found: dict[str, None] = {}
    for line in folded.split("\n"):
        words = line.split(" ")
        if len(words) <= _LONGEST_LINE:
            found[line] = None
            continue
        step = _LONGEST_LINE - _OVERLAP
        for start in range(0, len(words) - _OVERLAP, step):
            found[" ".join(words[start : start + _LONGEST_LINE])] = None
    return [line for line in found if line]


def _near(groups: Sequence[set[int]]) -> set[int]:
    """Places of the first group that have a place of every other group within reach."""
    first, *others = groups
    return {
        place
        for place in first
        if all(any(abs(place - p) < _REACH for p in group) for group in others)
    }


@cache
def rule_book(folder: Path = DATA) -> RuleBook:
    """The rules in `folder`. Raises SettingsError naming the file, the rule and the phrase."""
    words = read_toml(folder / WORDS_FILE)
    lists = {name: tuple(fold_words(items)) for name, items in words["lists"].items()}
    rules: list[Rule] = []
    elsewhere: dict[str, tuple[str, ...]] = {}
    for name in RULE_FILES:
        table = read_toml(folder / name)
        rules += [_rule(entry, lists, name) for entry in table.get("rule", [])]
        for label, phrases in table.get("other_languages", {}).items():
            elsewhere[label] = tuple(_caseless(phrase) for phrase in phrases)
    return RuleBook(
        rules=tuple(rules),
        lexicon=_lexicon(words),
        first_person=frozenset(words["first_person"].split()),
        elsewhere=elsewhere,
    )


def _lexicon(words: Mapping[str, Any]) -> Lexicon:
    misspelt = frozenset(words["misspelt"].split())
    return Lexicon(
        words=frozenset(words["disguised"].split()) | misspelt,
        misspelt=misspelt,
        never=frozenset(words["never"].split()),
        short=words["short"],
        squashed=words["squashed"],
    )


def _rule(entry: Mapping[str, Any], lists: Mapping[str, tuple[str, ...]], name: str) -> Rule:
    try:
        fields = dict(entry)
        for key in ("find", "unless", "signs"):
            fields[key] = tuple(pattern(text, lists) for text in fields.get(key, ()))
        fields["together"] = tuple(
            tuple(pattern(text, lists) for text in group) for group in fields.get("together", ())
        )
        for key in ("card", "clears"):
            fields[key] = tuple(fields.get(key, ()))
        fields.pop("why", None)
        return Rule(**fields)
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise SettingsError(
            f"{name}: rule {entry.get('id', '?')!r} can't be understood: {error}."
        ) from error


def pattern(text: str, lists: Mapping[str, tuple[str, ...]]) -> Pattern:
    """Compiles a phrase.

    `a|b` either word; `[a]` may be missing; `{name}` a word of that list; `walk*` any ending;
    `..` up to three words between, `...` up to seven; `#` a number; `^` and `$` the sentence's
    start and end; `_` joins words into one alternative.
    """
    regex = r"(?<!\S)"
    anchors: frozenset[str] | None = None
    for part in text.split():
        if part not in {"^", "$"} and (part.startswith("^") or part.endswith("$")):
            raise ValueError(f"{part!r} needs a space between the sign and the word")
        if part in {"^", "$"}:
            regex += r"\A" if part == "^" else r"\Z"
        elif part in {"..", "..."}:
            regex += r"(?:\S+ ){0,%d}" % (3 if part == ".." else 7)  # noqa: UP031
        elif part.startswith("["):
            regex += f"(?:{_either(_alternatives(part.strip('[]'), lists))} )?"
        else:
            choices = _alternatives(part, lists)
            regex += f"{_either(choices)} "
            anchors = _better(anchors, choices)
    return Pattern(regex=re.compile(regex), anchors=anchors or frozenset())


def _alternatives(token: str, lists: Mapping[str, tuple[str, ...]]) -> list[str]:
    found: list[str] = []
    for choice in token.split("|"):
        if choice.startswith("{"):
            found += lists[choice.strip("{}")]
        elif choice == "#":
            found.append("#")
        else:
            stem = " ".join(fold_words(choice.rstrip("*").replace("_", " ").split()))
            found.append(stem + ("*" if choice.endswith("*") else ""))
    if not all(found):
        raise ValueError(f"nothing is left of {token!r}")
    return found


def _either(choices: Iterable[str]) -> str:
    written = [
        r"\d\S*"
        if choice == "#"
        else re.escape(choice.rstrip("*")) + (r"\S*" * choice.endswith("*"))
        for choice in sorted(choices, key=len, reverse=True)
    ]
    return f"(?:{'|'.join(written)})"


def _better(best: frozenset[str] | None, choices: Sequence[str]) -> frozenset[str] | None:
    """The element that narrows most: whole words only, few of them, none of them common."""
    if any("*" in choice or choice == "#" for choice in choices):
        return best
    words = frozenset(choice.split()[-1] for choice in choices)
    if best is None or _cost(words) < _cost(best):
        return words
    return best


def _cost(words: frozenset[str]) -> int:
    return len(words) + 200 * sum(word in _COMMON for word in words)
