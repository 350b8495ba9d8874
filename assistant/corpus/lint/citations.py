"""Citations without a reference, references never cited, references that can't be followed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.corpus.lint.draft import Draft, quoted
from assistant.corpus.references import citations_in, is_cited_as
from assistant.types import Finding, Reference

_NUMBERED = re.compile(r"\[(\d{1,3}(?:\s*[,–-]\s*\d{1,3})*)\]")


def citations(draft: Draft) -> Iterator[Finding]:
    """Compares “(Name et al., 2020)” and “[3]” in the text with the list of references."""
    references = draft.article.references
    cited: set[Reference] = set()
    for sentence in draft.sentences:
        for citation in citations_in(sentence.text):
            found = [each for each in references if is_cited_as(each, citation)]
            cited.update(found)
            if not found:
                yield draft.finding(
                    "citation",
                    f"({citation}) in {quoted(sentence.text)} is not in the list "
                    "of references. Add it under ## References, or correct the name or the year",
                    sentence.start,
                )
        for number in _numbers(sentence.text):
            if 1 <= number <= len(references):
                cited.add(references[number - 1])
            else:
                yield draft.finding(
                    "citation",
                    f"[{number}] in {quoted(sentence.text)} has no reference with that number. "
                    "Correct it",
                    sentence.start,
                )
    yield from _listed(draft, cited)


def _listed(draft: Draft, cited: set[Reference]) -> Iterator[Finding]:
    references = draft.article.references
    if references and not cited:
        yield draft.finding(
            "reference",
            f"none of its {len(references)} references is cited. Write (Name, year) after the "
            "sentences that they support",
            draft.listed[0].start if draft.listed else None,
        )
    for reference, entry in zip(references, draft.listed, strict=False):
        shown = quoted(reference.text, 70)
        if cited and reference not in cited:
            text = f"{shown} is never cited. Cite it where it belongs, or remove it"
            yield draft.finding("reference", text, entry.start)
        if not (reference.doi or reference.url):
            text = f"{shown} has no DOI or link. Add one: https://doi.org/…"
            yield draft.finding("reference", text, entry.start)


def _numbers(sentence: str) -> list[int]:
    return [int(n) for inside in _NUMBERED.findall(sentence) for n in re.findall(r"\d+", inside)]
