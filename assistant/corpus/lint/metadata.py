"""Front matter that was accepted and still looks like a mistake."""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz import process

from assistant.corpus.gate import KEYS, spelled
from assistant.corpus.lint.draft import Draft, quoted
from assistant.corpus.lint.wording import forbidden, instruction
from assistant.text.language import detect
from assistant.types import Finding, Severity

_NAMES = {"en": "English", "es": "Spanish"}


def metadata(draft: Draft) -> Iterator[Finding]:
    """Unknown keys, a language that the text is not in, and words that must not stand there."""
    article = draft.article
    for key in draft.manuscript.metadata.values:
        if key not in KEYS:
            near = process.extractOne(spelled(key), KEYS, score_cutoff=75)
            advice = f"Did you mean `{near[0]}`?" if near else "Remove it"
            yield _at(draft, key, f"`{key}` means nothing here. {advice}")
    written = detect(article.body)
    if written != article.language:
        yield _at(
            draft,
            "language",
            f"`language` is {article.language}, but the text looks {_NAMES[written]}. "
            f"Write `language: {written}`",
        )
    for key in ("title", "author", "approved_by"):
        if rule := forbidden(getattr(article, key)):
            text = f"`{key}`, {quoted(getattr(article, key))}: {rule.say}"
            yield _at(draft, key, text, rule=rule.name, severity="error")
    if rule := instruction(article.path.rsplit("/", 1)[-1].replace("-", " ").replace("_", " ")):
        yield draft.finding("instruction", f"its file name: {rule.say}", severity="error")


def _at(
    draft: Draft, key: str, message: str, *, rule: str = "metadata", severity: Severity = "warning"
) -> Finding:
    """A finding on the line of a key of the front matter."""
    about = draft.manuscript.metadata
    where = f"in {about.file}: " if about.file else ""
    return Finding(
        path=draft.article.path,
        rule=rule,
        message=where + message,
        severity=severity,
        line=about.lines.get(key),
    )
