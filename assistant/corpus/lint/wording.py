"""Wording that an article must not or should not have; the rules are data/lint.toml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assistant.corpus.lint.draft import Draft, quoted
from assistant.corpus.wording import WordingRule, wording_rules
from assistant.types import Finding, Span


def wording(draft: Draft) -> Iterator[Finding]:
    """Crisis numbers, methods of suicide, promises, advice, words to an AI: in each sentence."""
    rules = [rule for rule in wording_rules() if rule.where == "text"]
    listed = [rule for rule in rules if rule.listed]
    yield from _broken(draft, draft.sentences, rules)
    yield from _broken(draft, draft.listed, listed)


def _broken(
    draft: Draft, sentences: Iterable[Span], rules: Sequence[WordingRule]
) -> Iterator[Finding]:
    for sentence in sentences:
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
