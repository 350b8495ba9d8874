"""Answers made of the articles' own sentences, verbatim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from assistant.answering.assured import asks, assured
from assistant.answering.candidates import Candidate, best_first, cite, without_repetition
from assistant.answering.spans import sentences_of
from assistant.models import in_context
from assistant.text import lists_references, speaks_of_each, terms
from assistant.types import (
    Article,
    Chunk,
    Citation,
    Excerpt,
    Passage,
    Question,
    Reader,
    Span,
)

READ_CLOSELY = 10  # of the retrieved passages, span by span
SPANS_READ = 16  # of their spans: the likeliest (docs/decisions/0007)
MAX_EXCERPTS = 3
_REMEMBERED = 4096  # headings whose answers have been checked

_STUDY_WORDS = re.compile(
    r"\b(?:stud(?:y|ies)|research|papers?|trials?|evidence|references?|literature|publications?|"
    r"estudios?|investigaci[oó]n(?:es)?|evidencia|publicaciones|"
    r"new|newer|recent|latest|clinical|scientific|nuev[oa]s?|recientes?|cl[ií]nic[oa]s?|"
    r"cient[ií]fic[oa]s?|"
    r"shows?|says?|finds?|found|supports?|dicen?|muestran?)\b",
    re.IGNORECASE,
)
# "Can I study with TMS?" and "a trial of ketamine" ask for none.
_ASKS_FOR_STUDIES = re.compile(
    r"\b(?:studies|trials|evidence|references|literature|publications|"
    r"estudios|investigaciones|evidencia|publicaciones)\b|"
    r"\b(?:any|the|which|what|clinical|scientific|recent|new|alg[uú]n|qu[eé]|la)\s+"
    r"(?:study|trial|research|papers?|estudio|investigaci[oó]n)\b|"
    r"\b(?:study|research|papers?|estudio|investigaci[oó]n)\s+"
    r"(?:on|about|into|behind|shows?|says?|found|finds|supports?|sobre)\b|"
    r"\b(?:do|does|did)\s+research\s+(?:show|say|find|support)|\bresearch\s*\??$",
    re.IGNORECASE,
)
_ASKS_WHAT_TO_ASK = re.compile(r"\b(?:ask|asks|questions?|preguntar|preguntas?)\b", re.IGNORECASE)


class ExtractiveAnswerer:
    """Picks the one to three spans of whole sentences that answer a question."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        # What is asked here are headings, the same ones under every reply.
        self._told = lru_cache(_REMEMBERED)(self._tells)

    def prepare(self, chunks: Iterable[Chunk], articles: Mapping[str, Article]) -> None:
        """Lets the reader work ahead on every span of these chunks that could be shown."""
        passages = [Passage(chunk=chunk) for chunk in chunks if not is_reference(chunk)]
        anything = Question(original="", standalone="")
        noted = {n.question for p in passages for n in articles[p.chunk.article_id].noted}
        read = [shown(c) for c in candidates_in(anything, passages, articles)]
        self._reader.prepare([*read, *sorted(noted)])

    def rank(
        self, question: Question, passages: Sequence[Passage], articles: Mapping[str, Article]
    ) -> list[Passage]:
        """The passages that are read, each with the score of its best span, the best first."""
        near = to_read(question, passages, articles)
        candidates = self._scored(question, near, articles)
        scored = [replace(p, reader_score=_best(p.chunk, candidates)) for p in near]
        return sorted(scored, key=lambda p: (-p.reader_score, -p.fused_score, p.chunk.id))

    def answers(self, question: str, chunk: Chunk, article: Article) -> bool:
        """Whether the chunk answers the question, as far as the reader can tell; remembered."""
        return self._told(question, chunk, article)

    def _tells(self, question: str, chunk: Chunk, article: Article) -> bool:
        asked = Question(original=question, standalone=question)
        return bool(self.answer(asked, [Passage(chunk=chunk)], {article.id: article}))

    def answer(
        self, question: Question, passages: Sequence[Passage], articles: Mapping[str, Article]
    ) -> list[tuple[Excerpt, Citation]]:
        """Excerpts with their citations; empty when no span reaches the reader's threshold."""
        near = to_read(question, passages, articles)
        candidates = self._scored(question, near, articles)
        good = [candidate for candidate in candidates if candidate.score >= self._reader.threshold]
        # The editors' word comes before the reader's, other authors' words only where it has none.
        meant = [c for c in candidates if c.noted and asks(c.noted, question)]
        chosen = without_repetition([*meant, *good] or assured(question, candidates))
        if _ASKS_FOR_STUDIES.search(question.standalone):
            studies = listed_studies(question, passages, articles)
            chosen = [*chosen[:1], *studies] if studies else chosen
        return cite(chosen[:MAX_EXCERPTS])

    def _scored(
        self, question: Question, passages: Sequence[Passage], articles: Mapping[str, Article]
    ) -> list[Candidate]:
        """Every span that could be shown for a question with its score, best first."""
        found = candidates_in(question, passages, articles)
        texts = [shown(candidate) for candidate in found]
        scores = self._reader.score(
            question.standalone, texts, at_most=SPANS_READ, language=question.language
        )
        scored = [replace(c, score=s) for c, s in zip(found, scores, strict=True)]
        return best_first([*scored, *self._scored_noted(question, passages, articles)])

    def _scored_noted(
        self, question: Question, passages: Sequence[Passage], articles: Mapping[str, Article]
    ) -> list[Candidate]:
        """The spans for which a question like this one was noted, by how far it is the same."""
        found = noted_in(question, passages, articles)
        pairs = [(candidate.noted, shown(candidate)) for candidate in found]
        scores = self._reader.score_noted(question.standalone, pairs, language=question.language)
        return [replace(c, score=s) for c, s in zip(found, scores, strict=True)]


def to_read(
    question: Question, passages: Sequence[Passage], articles: Mapping[str, Article]
) -> list[Passage]:
    """The first of the passages found that may speak of what was asked about.

    In the order of the search: reading whole passages to order them takes as long as reading their
    spans, and orders them worse (docs/reader.md).
    """
    found = (p for p in passages if not is_reference(p.chunk))
    named = (
        p
        for p in found
        if any(asks(noted.question, question) for noted in p.noted)
        or _may_speak(question, _whole(p.chunk, articles[p.chunk.article_id]), in_part=True)
    )
    return list(islice(named, READ_CLOSELY))


def _may_speak(question: Question, text: str, *, in_part: bool = False) -> bool:
    """Whether a text, under its title and heading, names one of the subjects asked about, and
    every treatment; with `in_part`, whether a sentence of it may.

    What is said of esketamine for children does not answer a question on ECT for children, however
    alike the sentences are; nor what is said of lithium one on ibuprofen with lithium.
    """
    if question.names and question.names.isdisjoint(terms(text)):
        return False
    return speaks_of_each(text, question.treatments, in_part=in_part)


def shown(candidate: Candidate) -> str:
    """What the reader sees of it; a question noted for it stands above it like a heading."""
    above = (candidate.noted,) if candidate.noted else candidate.heading_path
    return _read(candidate.span.text, candidate.article, above)


def _read(text: str, article: Article, heading_path: Sequence[str]) -> str:
    """What the reader sees of a text."""
    return in_context(article.title, heading_path[-1] if heading_path else "", text)


def _whole(chunk: Chunk, article: Article) -> str:
    return _read(chunk.text, article, chunk.heading_path)


def is_reference(chunk: Chunk) -> bool:
    return bool(chunk.heading_path) and lists_references(chunk.heading_path[-1])


def candidates_in(
    question: Question, passages: Sequence[Passage], articles: Mapping[str, Article]
) -> list[Candidate]:
    """Every span of the passages that could be shown for the question, not yet scored."""
    wants_questions = _ASKS_WHAT_TO_ASK.search(question.standalone)
    found: dict[tuple[str, int, int], Candidate] = {}
    for passage in passages:
        article = articles[passage.chunk.article_id]
        sentences = sentences_of(article)
        for span, headings in sentences.readable(sentences.within(passage.chunk)):
            key = (article.id, span.start, span.end)
            if key in found or (span.text.endswith("?") and not wants_questions):
                continue  # a list of questions answers nothing else
            candidate = Candidate(article=article, span=span, heading_path=headings, score=0.0)
            if _may_speak(question, shown(candidate)):
                found[key] = candidate
    return list(found.values())


def noted_in(
    question: Question, passages: Sequence[Passage], articles: Mapping[str, Article]
) -> list[Candidate]:
    """For each question noted for a sentence of the passages the shortest span that holds it."""
    found: list[Candidate] = []
    for passage in passages:
        article = articles[passage.chunk.article_id]
        sentences = sentences_of(article)
        spans = list(sentences.readable(sentences.within(passage.chunk)))
        for noted in passage.noted:
            holding = [
                one for one in spans if one[0].start <= noted.start <= noted.end <= one[0].end
            ]
            if not holding:
                continue  # a caption, or a question
            span, headings = min(holding, key=lambda one: len(one[0].text))
            candidate = Candidate(
                article=article,
                span=span,
                heading_path=headings,
                score=0.0,
                noted=noted.question,
            )
            # A note names no subject for its sentence, unless it is this very question.
            if _may_speak(question, shown(replace(candidate, noted=""))) or asks(
                noted.question, question
            ):
                found.append(candidate)
    return found


def _best(chunk: Chunk, candidates: Sequence[Candidate]) -> float:
    """The score (0..1) of the best candidate that lies in the chunk in part; 0 without any."""
    return max(
        (
            c.score
            for c in candidates
            if c.article.id == chunk.article_id
            and c.span.start < chunk.end
            and chunk.start < c.span.end
        ),
        default=0.0,
    )


def _what_it_studied(entry: Chunk, article: Article) -> str:
    """Title, authors and year of an entry in a list: the journal's name tells of no subject."""
    listed = next((r for r in article.references if r.text and r.text in entry.text), None)
    if listed is None or not listed.title:
        return entry.text
    return "".join(entry.text.partition(listed.title)[:2])


def listed_studies(
    question: Question, passages: Sequence[Passage], articles: Mapping[str, Article]
) -> list[Candidate]:
    """References whose own words name all that the question asks studies about."""
    subjects = [set(terms(_STUDY_WORDS.sub(" ", wording))) for wording in question.wordings]
    found = []
    for passage in passages:
        article = articles[passage.chunk.article_id]
        chunk = passage.chunk
        if not is_reference(chunk):
            continue
        said = set(terms(_what_it_studied(chunk, article)))
        if any(subject and subject <= said for subject in subjects):
            span = Span(start=chunk.start, end=chunk.end, text=chunk.text)
            found.append(
                Candidate(article=article, span=span, heading_path=chunk.heading_path, score=0.0)
            )
    return without_repetition(found)
