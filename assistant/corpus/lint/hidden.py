"""What readers can't see, and links that lead nowhere."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from assistant.corpus.hiding import Hidden
from assistant.corpus.lint.draft import Draft, quoted
from assistant.corpus.wording import instruction
from assistant.types import Finding

_TOLD = 3  # of each kind in one file; a web page may bring dozens of comments
_OUTSIDE = ("http", "https", "mailto", "tel", "sms")


def hidden(draft: Draft) -> Iterator[Finding]:
    """Hidden text: a warning, and an error where it tells somebody what to say."""
    told: Counter[str] = Counter()
    kinds = Counter(each.what for each in draft.manuscript.hidden)
    for each in draft.manuscript.hidden:
        if rule := instruction(each.text, hidden=True):
            yield _finding(draft, each, f"{each.what}, {quoted(each.text)}: {rule.say}", error=True)
            continue
        told[each.what] += 1
        if told[each.what] > _TOLD:
            continue
        more = kinds[each.what] - _TOLD if told[each.what] == _TOLD else 0
        rest = f" (and {more} more of this kind)" if more > 0 else ""
        text = f"left out what readers can't see: {each}{rest}. Delete it, or make it visible"
        yield _finding(draft, each, text)


def _finding(draft: Draft, each: Hidden, message: str, *, error: bool = False) -> Finding:
    return Finding(
        path=draft.article.path,
        rule="instruction" if error else "hidden",
        message=message,
        severity="error" if error else "warning",
        line=each.line,
    )


def links(drafts: Sequence[Draft]) -> Iterator[Finding]:
    """Links to articles and headings that are not there, and links that no browser should open."""
    known = {draft.article.path for draft in drafts} | {draft.article.id for draft in drafts}
    for draft in drafts:
        anchors = {_slug(heading.span.text) for heading in draft.headings} | {"references"}
        for target, line in draft.manuscript.links:
            if reason := _broken(target, draft.article.path, known, anchors):
                yield Finding(
                    path=draft.article.path,
                    rule="link",
                    message=f"the link {quoted(target)} {reason}",
                    line=line,
                )


def _broken(target: str, path: str, known: set[str], anchors: set[str]) -> str:
    try:
        parts = urlsplit(unquote(target))
    except ValueError:
        return "is no web address. Write the whole address, beginning with https://"
    if parts.scheme in _OUTSIDE:
        return ""
    if parts.scheme:
        return f"begins with {parts.scheme}:, which is not allowed. Write an https:// address"
    if not parts.path:
        missing = parts.fragment and _slug(parts.fragment) not in anchors
        return "leads to no heading of this article. Correct it or remove it" if missing else ""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), parts.path)).lstrip("/")
    name = posixpath.splitext(posixpath.basename(place))[0]
    if place in known or name in known:
        return ""
    return "leads to no approved article. Correct it, or write the whole https:// address"


def _slug(heading: str) -> str:
    return re.sub(r"[^\w-]+", "", re.sub(r"\s+", "-", heading.strip().lower()))
