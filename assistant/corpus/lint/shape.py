"""How an article is built and how hard it is to read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.corpus.lint.draft import Draft, quoted
from assistant.text import words
from assistant.types import Finding, Language

LONG = 400  # words without a heading
HARD = 13.0  # years of schooling; above, an article needs a college education
MANY_QUESTIONS = 8
_VOWELS = {"en": re.compile(r"[aeiouy]+"), "es": re.compile(r"[aeo]?[iu]?[aeo]+|[iu]+")}
_SILENT = re.compile(r"(?<![bcdfgkpstz]l)e$|(?<![sxzcg])es$|(?<![td])ed$")  # "time", not "table"


def headings(draft: Draft) -> Iterator[Finding]:
    """Long stretches without a heading: visitors are offered headings, and search uses them."""
    starts = [0, *(heading.span.start for heading in draft.headings)]
    end = draft.listed[0].start if draft.listed else len(draft.article.body)
    for start, following in zip(starts, [*starts[1:], end], strict=True):
        number = len(draft.article.body[start:following].split())
        if number > LONG:
            yield draft.finding(
                "headings",
                f"{number} words follow without a heading. Add headings, best as questions: "
                "## How long does it take?",
                start,
            )


def repetition(draft: Draft) -> Iterator[Finding]:
    """An article that repeats itself, or lists questions, to be found for everything."""
    places: dict[str, list[int]] = {}
    for sentence in draft.sentences:
        places.setdefault(" ".join(words(sentence.text)), []).append(sentence.start)
    for said, offsets in places.items():
        if len(offsets) > 2 and len(said.split()) > 3:
            yield draft.finding(
                "repetition",
                f"says {len(offsets)} times {quoted(said)}. An article that repeats itself is "
                "found too often. Say it once",
                offsets[1],
            )
    asked = [sentence for sentence in draft.prose if sentence.text.endswith("?")]
    if len(asked) >= MANY_QUESTIONS and len(asked) > len(draft.prose) / 4:
        yield draft.finding(
            "repetition",
            f"{len(asked)} of its {len(draft.prose)} sentences are questions, which makes it found "
            "too often. Make the important ones headings, and leave out the others",
            asked[0].start,
        )


def reading_level(draft: Draft) -> Iterator[Finding]:
    """How many years of schooling the text asks for; 8 is good for the public."""
    grade = grade_of([s.text for s in draft.prose], draft.article.language)
    if grade > HARD:
        text = f"reads at grade {grade:.0f}. Shorten sentences, and use plain words; aim for 8"
        yield draft.finding("reading", text)
    else:
        yield draft.finding("reading", f"reads at grade {grade:.0f}", severity="note")


def grade_of(sentences: list[str], language: Language) -> float:
    """Years of schooling: Flesch–Kincaid for English, Crawford for Spanish. 0 for no text."""
    said = [re.sub(r"\([^()]*\d{4}[^()]*\)", "", sentence) for sentence in sentences]
    tokens = [word for sentence in said for word in words(sentence)]
    if not tokens:
        return 0.0
    syllables = sum(_syllables(word, language) for word in tokens)
    if language == "es":
        hundred = 100 / len(tokens)
        return max(0.0, -0.205 * len(said) * hundred + 0.049 * syllables * hundred - 3.407)
    return max(0.0, 0.39 * len(tokens) / len(said) + 11.8 * syllables / len(tokens) - 15.59)


def _syllables(word: str, language: Language) -> int:
    """Groups of vowels; most English e's at the end are silent."""
    bare = _SILENT.sub("", word) if language == "en" and len(word) > 3 else word
    return max(1, len(_VOWELS[language].findall(bare)))
