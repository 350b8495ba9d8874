"""Which questions a sentence answers, as editors note: `questions/ID.md` beside `articles/`.

A sentence of the article stands behind `>`, below it each question that it answers behind `-`:

    > A standard session lasts about 20 to 40 minutes.

    - How long is one TMS appointment?
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from assistant.corpus.files import (
    QUESTIONS,
    TEXT_FORMATS,
    article_files,
    read_text,
    shown_name,
)
from assistant.corpus.gate import NotAllowed, id_of_name
from assistant.corpus.hiding import shortened
from assistant.corpus.markdown import normalised
from assistant.corpus.wording import forbidden
from assistant.text import blocks, lists_references, split, terms, words
from assistant.types import Article, CorpusError, Finding, Noted, Span

MOST_BYTES = 200_000  # of a file: some three thousand questions
LONGEST = 200  # characters of a question
MOST_TOLD = 20  # complaints on one file
_BEGINNING = 4  # words of a sentence, at least, that stand for all of it
_SIGNS = {">": ">", "-": "-", "*": "-", "•": "-", "–": "-"}
_RULE = re.compile(r"-{2,}")
_LEANS = frozenset("it its they them their this that these those eso esto ello ellos ellas".split())
# Word processors write these for ' and ". One for one, so that offsets keep.
_TYPED = str.maketrans("‘’“”", "''\"\"")

_NO_ARTICLE = (
    "no article that may go live has the id {id!r}, so these questions are not used. If its "
    "article is rejected, mend that first; else name this file after the article's id"
)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    sign: str  # ">", "-", or empty
    text: str


class _Unusable(Exception):
    """Why a sentence or a question is left out, in words for its editor."""


def with_notes(
    folder: Path, articles: Mapping[str, Article], kept_off: Collection[str]
) -> tuple[dict[str, Article], list[Finding]]:
    """The articles, each with the questions noted in `questions/`, and what is wrong with these
    files: that is left out and told, and keeps no article off the site.

    A file may be named after an article that is `kept_off`: its notes wait with it. Raises
    CorpusError where `questions` is no folder.
    """
    root = folder / QUESTIONS
    if root.exists() and not root.is_dir():
        raise CorpusError(f"{QUESTIONS} is no folder. Make one of that name beside articles/.")
    found, findings = dict(articles), list[Finding]()
    for path in article_files(root) if root.is_dir() else ():
        id_ = id_of_name(path.stem)  # so a file may also be named like the article's own
        if id_ not in found and id_ in kept_off:
            continue
        name = shown_name(path, folder)
        noted: list[Noted] = []
        complaints: list[Finding] = []
        for line, told in _told(path, id_, found.get(id_)):
            if isinstance(told, Noted):
                noted.append(told)
            else:
                complaints.append(Finding(path=name, rule="questions", message=told, line=line))
        findings += islice(complaints, MOST_TOLD)
        if id_ in found:
            found[id_] = _with_noted(found[id_], noted)
    return found, findings


def _with_noted(article: Article, more: Sequence[Noted]) -> Article:
    """The article with these notes, too: another article, as its hash then says."""
    noted = tuple(dict.fromkeys([*article.noted, *more]))
    if noted == article.noted:
        return article
    hashed = hashlib.sha256(repr((article.content_hash, noted)).encode("utf-8", "surrogatepass"))
    return replace(article, noted=noted, content_hash=hashed.hexdigest())


def _told(
    path: Path, id_: str, article: Article | None
) -> Iterator[tuple[int | None, Noted | str]]:
    """What each line of a file says: a note, or in words what is wrong with it."""
    if not path.name.lower().endswith(TEXT_FORMATS):
        yield None, f"{path.suffix} files are not read here. Save it as .md or .txt"
        return
    if article is None:
        yield None, _NO_ARTICLE.format(id=id_)
        return
    try:
        lines = list(_lines(read_text(path, MOST_BYTES)))
    except NotAllowed as error:
        yield error.line, error.reason
        return
    yield from _notes(lines, article)


def _notes(lines: Sequence[_Line], article: Article) -> Iterator[tuple[int, Noted | str]]:
    """Each question with the sentence above it. One whose sentence is amiss goes with it, untold:
    the sentence is.
    """
    sentences = _quotable(article)
    answer: Span | None = None
    told = False
    for line in lines:
        try:
            if line.sign == ">":
                answer, told = None, True
                answer = _meant(line.text, sentences, article.path)
                continue
            question = _question(line, article.title)
            if answer is None and not told:
                raise _Unusable(
                    "this question stands below no sentence. Write the one that answers it above, "
                    "behind >"
                )
        except _Unusable as error:
            yield line.number, str(error)
        else:
            if answer is not None:
                yield line.number, Noted(question=question, start=answer.start, end=answer.end)


def _question(line: _Line, title: str) -> str:
    """The question on a line, as visitors may be shown it. Raises _Unusable."""
    if not line.sign:
        raise _Unusable(
            f"“{shortened(line.text)}” is neither a sentence nor a question. Write > before a "
            "sentence of the article, and - before a question that it answers"
        )
    plain = normalised(line.text)
    question = " ".join(plain.text.split())
    if not words(question):
        raise _Unusable("there is no question behind the hyphen. Write one, or remove the line")
    if plain.hidden:
        raise _Unusable(f"this question holds {plain.hidden[0]}. Type it anew")
    if len(question) > LONGEST:
        raise _Unusable(f"this question has {len(question)} characters; {LONGEST} at most")
    if _of_anything(question, title):
        raise _Unusable(f"“{question}” may be asked of anything. Name what it is about")
    if rule := forbidden(question):
        raise _Unusable(
            f"“{shortened(question)}” is not used: visitors could be shown it, and it breaks the "
            f"rule {rule.name!r}. Ask in other words, or remove the line"
        )
    return question


def _of_anything(question: str, title: str) -> bool:
    """Whether a question like “Is it safe?” names nothing that it is about."""
    said = set(terms(question))
    if len(said) > 1 or said & set(terms(title)):
        return False
    return not said or not _LEANS.isdisjoint(words(question))


def _lines(text: str) -> Iterator[_Line]:
    """What the file says, lines that go on below as one; headings and rules say nothing."""
    last: _Line | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        sign = _SIGNS.get(line[:1], "")
        said = line[len(sign) :].strip()
        goes_on = not sign or (last is not None and sign == last.sign == ">")
        if not line or line.startswith("#") or _RULE.fullmatch(line):
            goes_on, line = False, ""
        if last and goes_on:
            last = replace(last, text=f"{last.text} {said}")
            continue
        if last:
            yield last
        last = _Line(number, sign, said) if line else None
    if last:
        yield last


def _quotable(article: Article) -> list[Span]:
    """The sentences of paragraphs and lists, references left out."""
    found: list[Span] = []
    inside = False
    for block in blocks(article.body):
        if block.kind == "heading":
            inside = lists_references(block.span.text)
        elif block.kind != "table" and not inside:
            found += split(block.span.text, offset=block.span.start)
    return found


def _meant(quote: str, sentences: Sequence[Span], path: str) -> Span:
    """The sentence that is quoted, or whose beginning is. Raises _Unusable.

    Marks, kinds of quotation marks and line breaks may be others.
    """
    said = _plain(normalised(quote).text)
    if not said:
        raise _Unusable("there is no sentence behind >. Copy one of the article there")
    same = [sentence for sentence in sentences if _plain(sentence.text) == said]
    if same:
        return same[0]  # said twice, it is the same answer
    # After a full stop, too: "… or a PsyD. Psychologists give …" is cut nowhere, for "PsyD." is an
    # abbreviation.
    begins = re.compile(rf"(?:^|[.!?] ){re.escape(said)}")
    begun = [sentence for sentence in sentences if begins.search(_plain(sentence.text))]
    if len(begun) == 1 and len(said.split()) >= _BEGINNING:
        return begun[0]
    if begun:
        raise _Unusable(f"“{shortened(quote)}” begins more than is meant. Copy the whole sentence")
    raise _Unusable(
        f"“{shortened(quote)}” is no sentence of {path}, so the questions below it are not used. "
        "Copy one sentence as it stands there now: no heading, no reference, nothing from a table"
    )


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.translate(_TYPED)).strip()
