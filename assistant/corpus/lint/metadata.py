"""Front matter that was accepted and still looks like a mistake."""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz import process

from assistant.corpus.gate import KEYS, spelled
from assistant.corpus.lint.draft import Draft, quoted
from assistant.corpus.loading import at_metadata
from assistant.corpus.wording import forbidden, instruction
from assistant.text.language import detect
from assistant.types import Finding

_NAMES = {"en": "English", "es": "Spanish"}


def metadata(draft: Draft) -> Iterator[Finding]:
    """Unknown keys, a language that the text is not in, and words that must not stand there."""
    article = draft.article
    for key in draft.manuscript.metadata.values:
        if key not in KEYS:
            near = process.extractOne(spelled(key), KEYS, score_cutoff=75)
            advice = f"Did you mean `{near[0]}`?" if near else "Remove it"
            yield at_metadata(
                draft.manuscript,
                key,
                rule="metadata",
                message=f"`{key}` means nothing here. {advice}",
            )
    written = detect(article.body)
    if written != article.language:
        yield at_metadata(
            draft.manuscript,
            "language",
            rule="metadata",
            message=f"`language` is {article.language}, but the text looks {_NAMES[written]}. "
            f"Write `language: {written}`",
        )
    for key in ("title", "author", "approved_by"):
        if rule := forbidden(getattr(article, key)):
            text = f"`{key}`, {quoted(getattr(article, key))}: {rule.say}"
            yield at_metadata(draft.manuscript, key, rule=rule.name, message=text, severity="error")
    if rule := instruction(article.path.rsplit("/", 1)[-1].replace("-", " ").replace("_", " ")):
        yield draft.finding("instruction", f"its file name: {rule.say}", severity="error")
