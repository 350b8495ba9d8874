"""The linter: what an editor should mend in an article before visitors read it.

Each rule is a small function from an article, or from all of them, to findings. An error keeps the
article off the site; a warning does not; a note is only told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from assistant.corpus.lint.across import contradictions, near_duplicates
from assistant.corpus.lint.citations import citations
from assistant.corpus.lint.draft import Draft, draft
from assistant.corpus.lint.hidden import hidden, links
from assistant.corpus.lint.metadata import metadata
from assistant.corpus.lint.shape import headings, reading_level, repetition
from assistant.corpus.lint.wording import wording
from assistant.corpus.loading import Corpus
from assistant.types import Finding, Rejection

MOST = 20  # findings of one kind in one file

RULES: tuple[Callable[[Draft], Iterable[Finding]], ...] = (
    metadata,
    hidden,
    wording,
    citations,
    headings,
    repetition,
    reading_level,
)
RULES_ACROSS: tuple[Callable[[Sequence[Draft]], Iterable[Finding]], ...] = (
    links,
    near_duplicates,
    contradictions,
)


def linted(corpus: Corpus) -> Corpus:
    """The corpus with what the linter found; articles with an error have become rejections."""
    found = [*corpus.findings, *lint(corpus)]
    errors = [finding for finding in found if finding.severity == "error"]
    blocked = {finding.path for finding in errors}
    rejections = [Rejection(path=e.path, reason=e.message, line=e.line) for e in errors]
    return replace(
        corpus,
        articles=tuple(a for a in corpus.articles if a.path not in blocked),
        manuscripts=tuple(m for m in corpus.manuscripts if m.article.path not in blocked),
        rejections=(*corpus.rejections, *rejections),
        findings=tuple(found),
    )


def lint(corpus: Corpus) -> Iterator[Finding]:
    """What the rules find, article by article; of each kind no more in one file than is read."""
    told: Counter[tuple[str, str, str]] = Counter()
    for finding in _all_findings(corpus):
        kind = finding.path, finding.rule, finding.severity
        told[kind] += 1
        if told[kind] <= MOST:
            yield finding


def _all_findings(corpus: Corpus) -> Iterator[Finding]:
    drafts = [draft(manuscript) for manuscript in corpus.manuscripts]
    for each in drafts:
        for rule in RULES:
            yield from rule(each)
    for rule_across in RULES_ACROSS:
        yield from rule_across(drafts)
