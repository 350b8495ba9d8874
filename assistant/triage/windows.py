"""What the classifier looks at: a short message as it is, a long one in parts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assistant.triage.rules import rule_book, stretches

WORDS = 40  # of a window: about what the examples are like
MOST = 48  # windows of one message


def for_classifier(text: str) -> str:
    """A whole message in the form in which the classifier learns it."""
    return _joined(stretches(rule_book().fold(text)))


def windows_of(text: str) -> list[str]:
    """A message in the pieces in which the classifier sees it."""
    book = rule_book()
    return windows(stretches(book.fold(text)), book.lexicon.words)


def windows(lines: Sequence[str], telling: Collection[str]) -> list[str]:
    """A short message as it is; of a long one the start, then runs of whole sentences.

    Of a very long one those windows that hold most of the `telling` words; the rules have read
    all of it in any case.
    """
    if sum(len(line.split()) for line in lines) <= WORDS:
        return [_joined(lines)] if lines else []
    found: list[str] = []
    run: list[str] = []
    for line in lines:
        if run and len(" ".join([*run, line]).split()) > WORDS:
            found.append(_joined(run))
            run = []
        run.append(line)
    found.append(_joined(_completed(run, lines)))
    first, *rest = dict.fromkeys(found)
    if len(rest) >= MOST:
        weight = {text: len(set(telling).intersection(text.split())) for text in rest}
        rest = sorted(rest, key=lambda text: -weight[text])[: MOST - 1]
    return [first, *rest]


def _completed(run: Sequence[str], lines: Sequence[str]) -> list[str]:
    """The last sentences with as many before them as fit: a rest alone is easily misread."""
    start = len(lines) - len(run)
    while start and len(" ".join(lines[start - 1 :]).split()) <= WORDS:
        start -= 1
    return list(lines[start:])


def _joined(lines: Sequence[str]) -> str:
    return " . ".join(lines)
