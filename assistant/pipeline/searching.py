"""An answer from the articles: what is asked, what answers it, and how that is introduced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from assistant import models, replies
from assistant.answering import headings, noted, questions_in
from assistant.conversation import questions
from assistant.library import Library
from assistant.pipeline.amounts import names_amount
from assistant.pipeline.request import Request, draft
from assistant.pipeline.workshop import Workshop
from assistant.text import Mended
from assistant.triage.cards import personal_advice_lead
from assistant.types import (
    Answer,
    Article,
    Chunk,
    Citation,
    Excerpt,
    Language,
    Passage,
    Question,
)

MOST_EXCERPTS = 4  # for all the questions in one message together
SUGGEST_FROM = 8  # passages whose headings may become suggestions
SUGGESTIONS = 3
DATES_DIFFER = timedelta(days=365)  # between approvals of two articles: then both dates are shown

Found = Sequence[tuple[Excerpt, Citation]]


class Searching:
    """Answers a message from the live articles, or says that none answers it."""

    def __init__(self, workshop: Workshop) -> None:
        self._at = workshop

    def answer(self, request: Request) -> Answer:
        """Each question in the message is searched for by itself. Raises AssistantError."""
        library = self._at.library()
        read = library.mended(request.message, request.language)
        asked = asked_in(request, read, library)
        passages: list[Passage] = []
        answers: list[Found] = []
        for part in asked:
            near = library.retriever.retrieve(part.standalone, today=self._at.today())
            passages += near
            answers.append(self._found(library.named(part), near, library, request))
        found = _together([_permitted(request, one) for one in answers])
        reply = self._introduced(request, found, library) if found else self.refusal(request)
        reply = replace(reply, lead=f"{self._reading(request, read)}{reply.lead}")
        missing = [
            self._uncovered(request, _typed(part.original, request.message, read))
            for part, pairs in zip(asked, answers, strict=True)
            if not pairs
        ]
        if found and missing:
            reply = replace(reply, note="\n".join(filter(None, [*missing, reply.note])))
        return replace(
            reply,
            suggestions=self._next_questions(request, asked, passages, found, library),
            generation_id=library.id,
        )

    def refusal(self, request: Request) -> Answer:
        """Says that nothing answers. No sources are listed."""
        if request.triage.label == "personal_advice":
            return draft(
                "no_answer", request, personal_advice_lead(request.triage, request.language)
            )
        said = (self._say("no_answer", request), self._say("no_answer_next", request))
        return draft("no_answer", request, " ".join(said))

    def _found(
        self, question: Question, near: list[Passage], library: Library, request: Request
    ) -> Found:
        """What answers: from articles in the visitor's language if those do.

        In Spanish those in English come next, with a note, found by the question in rough English;
        English has no such second choice.
        """
        own = library.in_language(near, request.language)
        found = self._at.answerer().answer(question, own, library.articles)
        if found or request.language == "en":
            return found
        english = library.question(models.in_english(question.standalone, request.language), "en")
        near = library.retriever.retrieve(english.standalone, today=self._at.today())
        others = library.in_language(near, "en")
        # The treatments stay those of the question: rough English may not know their names.
        asked = replace(question, names=english.names)
        return self._at.answerer().answer(asked, others, library.articles)

    def _introduced(self, request: Request, found: Found, library: Library) -> Answer:
        cited = {c.article_id: library.articles[c.article_id] for _, c in found}
        if request.triage.label == "personal_advice":
            lead = personal_advice_lead(request.triage, request.language, with_facts=True)
        else:
            lead = self._whose_words(request, list(cited.values()))
        dates = sorted(article.approved_on for article in cited.values())
        notes = []
        if dates[-1] - dates[0] > DATES_DIFFER:
            dated = _dated(cited.values(), request.language)
            notes.append(self._say("dates_differ", request, dates=dated))
        if request.language == "es" and all(a.language == "en" for a in cited.values()):
            notes.append(self._say("language_note", request))
        return replace(
            draft("answer", request, lead),
            excerpts=tuple(excerpt for excerpt, _ in found),
            citations=tuple(dict.fromkeys(citation for _, citation in found)),
            note="\n".join(notes),
        )

    def _whose_words(self, request: Request, cited: Sequence[Article]) -> str:
        """Whose words follow, and when they were approved."""
        dates = [article.approved_on for article in cited]
        when = self._say(
            "when_one" if min(dates) == max(dates) else "when_several",
            request,
            first=replies.day(min(dates), request.language),
            last=replies.day(max(dates), request.language),
        )
        if len(cited) == 1:
            return self._say("answer_lead_one", request, title=cited[0].title, when=when)
        return self._say("answer_lead", request, when=when)

    def _reading(self, request: Request, read: Mended) -> str:
        """How misspelt words were read, so that a visitor sees when they were read wrongly."""
        words = [self._say("read_word", request, typed=t, meant=m) for t, m in read.changes]
        return f"{self._say('read_as', request, words=', '.join(words))} " if words else ""

    def _uncovered(self, request: Request, part: str) -> str:
        """What is said of a part that no article answers: what the practice has given, if asked."""
        if self._at.triage(part).label == "practice" and replies.intents("practice", part):
            return replies.about_practice(part, request.language, self._at.practice)
        return self._say("partly_answered", request, part=part)

    def _next_questions(
        self,
        request: Request,
        asked: Sequence[Question],
        passages: Sequence[Passage],
        found: Found,
        library: Library,
    ) -> tuple[str, ...]:
        """Nearby questions that have an answer, other than the one just asked."""
        cited = [citation for _, citation in found]
        quoted = [c.heading_path[-1] for c in cited if c.heading_path]
        near = library.in_language(passages, request.language)
        unlike = [request.message, *(one.standalone for one in asked), *quoted]
        likest = questions_in(
            noted(near, cited),
            library.articles,
            self._is_answered,
            names_subject=library.subjects.first_in,
            unlike=unlike,
            limit=SUGGESTIONS,
        )
        return likest + questions_in(
            headings(passage.chunk for passage in near[:SUGGEST_FROM]),
            library.articles,
            self._at.finder().answers,
            names_subject=library.subjects.first_in,
            unlike=[*unlike, *likest],
            limit=SUGGESTIONS - len(likest),
        )

    def _is_answered(self, noted_question: str, _chunk: Chunk, _article: Article) -> bool:
        """Its note says so; but somebody may have noted a cry for help, or a "my dose"."""
        return self._at.triage(noted_question).label == "information"

    def _say(self, key: str, request: Request, **values: str) -> str:
        return self._at.say(key, request.language, **values)


def asked_in(request: Request, read: Mended, library: Library) -> list[Question]:
    """What the message asks, as it was read, in questions that stand alone.

    Earlier messages are read alike.
    """
    history = [
        replace(turn, text=library.mended(turn.text, request.language).text)
        if turn.role == "user"
        else turn
        for turn in request.history
    ]
    return questions(read.text, history, library.subjects, request.language)


def _permitted(request: Request, found: Found) -> Found:
    """Under a personal question no amount is shown that could be taken for this person's."""
    if request.triage.label != "personal_advice":
        return found
    return [
        (excerpt, citation)
        for excerpt, citation in found
        if not names_amount(f"{excerpt.text} {citation.quote}")
    ]


def _typed(part: str, message: str, read: Mended) -> str:
    """A part of a message as the visitor wrote it: without the names that were put beside others,
    and with its misspelt words.
    """
    whole = " ".join(message.split())
    typed = {meant: typed for typed, meant in read.changes}
    ways = [part, re.sub(r" \([^()]*\)", "", part)]
    ways += [re.sub(r"\w+", lambda found: typed.get(found[0], found[0]), way) for way in ways]
    return next((way for way in ways if way in whole), ways[-1])


def _together(answers: Sequence[Found]) -> Found:
    """The answers to the parts of a question as one: nothing twice, numbered anew."""
    answered = [found for found in answers if found]
    each = max(1, MOST_EXCERPTS // max(1, len(answered)))
    kept: list[tuple[Excerpt, Citation]] = []
    for pair in (pair for found in answered for pair in found[:each]):
        if not any(_within(pair, other) for other in kept):
            kept = [other for other in kept if not _within(other, pair)] + [pair]
    numbers: dict[tuple[str, int, int], int] = {}
    for _, citation in kept:
        numbers.setdefault((citation.article_id, citation.start, citation.end), len(numbers) + 1)
    return [
        (replace(excerpt, citation=number), replace(citation, number=number))
        for excerpt, citation in kept
        for number in [numbers[citation.article_id, citation.start, citation.end]]
    ]


def _within(one: tuple[Excerpt, Citation], other: tuple[Excerpt, Citation]) -> bool:
    """Whether the other says all that the one says, in the same article."""
    same_article = one[1].article_id == other[1].article_id
    return same_article and one[0].text in other[0].text


def _dated(articles: Iterable[Article], language: Language) -> str:
    return "; ".join(
        f"{article.title} ({replies.day(article.approved_on, language)})" for article in articles
    )
