"""The questions that a sentence answers, as editors tell: `questions/ID.md` beside `articles/`.

A sentence of the article stands behind `>`, below it each question that it answers behind `-`:

    > A standard session lasts about 20 to 40 minutes.

    - How long is one TMS appointment?
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.corpus.files import QUESTIONS, article_files, read_text, shown_name
from assistant.corpus.gate import NotAllowed
from assistant.corpus.hiding import shortened
from assistant.corpus.markdown import normalised
from assistant.text import words
from assistant.types import Article, Asked, Finding, Span

MOST_BYTES = 200_000  # of a file: some three thousand questions
LONGEST = 200  # characters of a question
# Word processors write these for ' and ". One for one, so that offsets keep.
_TYPED = str.maketrans("‘’“”", "''\"\"")

_NO_ARTICLE = (
    "there is no article with the id {id!r}, so these questions are not used. Name the file after "
    "the article's id; where it has none, after its file"
)
_NOT_THERE = (
    "“{said}” does not stand in {path}, so the questions below it are not used. Copy the sentence "
    "as it stands there now"
)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    sign: str  # ">", "-", or empty
    text: str


def with_questions(
    folder: Path, articles: Mapping[str, Article], kept_off: Collection[str]
) -> tuple[dict[str, Article], list[Finding]]:
    """The articles, each with the questions that its file in `questions/` holds, and what is wrong
    with these files: that is left out and told, and keeps no article off the site.

    A file may be named after an article that is `kept_off`: its questions wait with it.
    """
    found, findings = dict(articles), []
    root = folder / QUESTIONS
    for path in article_files(root) if root.is_dir() else ():
        name, article = shown_name(path, folder), articles.get(path.stem)
        if article is None and path.stem in kept_off:
            continue
        asked: list[Asked] = []
        for line, told in _told(path, article):
            if isinstance(told, Asked):
                asked.append(told)
            else:
                findings.append(Finding(path=name, rule="questions", message=told, line=line))
        if article is not None:
            found[article.id] = _with_asked(found[article.id], asked)
    return found, findings


def _with_asked(article: Article, more: Sequence[Asked]) -> Article:
    """The article with these questions, too: another article, as its hash then says."""
    asked = tuple(dict.fromkeys([*article.asked, *more]))
    if asked == article.asked:
        return article
    shown = repr((article.content_hash, asked))
    hashed = hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()
    return replace(article, asked=asked, content_hash=hashed)


def _told(path: Path, article: Article | None) -> Iterator[tuple[int | None, Asked | str]]:
    """What each line of a file says: a question, or in words what is wrong with it."""
    if article is None:
        yield None, _NO_ARTICLE.format(id=path.stem)
        return
    try:
        lines = list(_lines(read_text(path, MOST_BYTES)))
    except NotAllowed as error:
        yield error.line, error.reason
        return
    answer: Span | None = None
    lost = False  # a sentence was told to be missing: so much for the questions below it
    for line in lines:
        if line.sign == ">":
            answer = _find(line.text, article)
            if lost := answer is None:
                yield line.number, _NOT_THERE.format(said=shortened(line.text), path=article.path)
        elif wrong := _wrong(line, answered=answer is not None or lost):
            yield line.number, wrong
        elif answer is not None:
            yield line.number, Asked(question=line.text, start=answer.start, end=answer.end)


def _wrong(line: _Line, *, answered: bool) -> str:
    """What is wrong with a line that is no sentence; empty when nothing is."""
    if not line.sign:
        return (
            f"“{shortened(line.text)}” is neither a sentence nor a question. Write > before a "
            "sentence of the article, and - before a question that it answers"
        )
    if not answered:
        return "this question stands below no sentence. Write the one that answers it above, with >"
    if not words(line.text):
        return "there is no question behind the hyphen. Write one, or remove the line"
    if len(line.text) > LONGEST:
        return f"this question has {len(line.text)} characters; {LONGEST} at most. Ask in fewer"
    return ""


def _lines(text: str) -> Iterator[_Line]:
    """The lines that say something, sentences over several lines as one; headings say nothing."""
    quote: _Line | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        sign, said = re.fullmatch(r"\s*([>*•–-]?)\s*(.*?)\s*", raw).groups()  # type: ignore[union-attr]
        if sign == ">" and quote:
            quote = replace(quote, text=f"{quote.text} {said}")
            continue
        if quote:
            yield quote
        quote = _Line(number, sign, said) if sign == ">" else None
        if not quote and raw.strip() and not raw.startswith("#"):
            yield _Line(number, "-" if sign else "", said)
    if quote:
        yield quote


def _find(quote: str, article: Article) -> Span | None:
    """Where an article says this, whatever its marks, quotation marks and line breaks."""
    said = normalised(quote).text.translate(_TYPED).split()
    pattern = r"\s+".join(map(re.escape, said))
    hit = re.search(pattern, article.body.translate(_TYPED)) if said else None
    if hit is None:
        return None
    return Span(start=hit.start(), end=hit.end(), text=article.body[hit.start() : hit.end()])
