"""The read flow: from a visitor's message to everything that the reply consists of."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from threading import Lock

from assistant import models, replies
from assistant.answering import (
    ExtractiveAnswerer,
    GenerativeAnswerer,
    questions_in,
)
from assistant.conversation import questions
from assistant.library import Library, Source
from assistant.settings import Practice, PracticeFile, Settings
from assistant.store import open_store
from assistant.text import Mended, words
from assistant.text.language import detect
from assistant.triage import TRIAGE_FAILED, Triager
from assistant.triage.cards import card, personal_advice_lead, resource_note
from assistant.types import (
    Answer,
    Answerer,
    Article,
    AssistantError,
    Citation,
    Embedder,
    Excerpt,
    GenerationGone,
    Health,
    Kind,
    Language,
    Passage,
    Question,
    Reader,
    StoreCorrupt,
    StoreMismatch,
    StoreMissing,
    StoreUnreachable,
    Triage,
    Turn,
)
from assistant.usage import Usage

log = logging.getLogger(__name__)

MOST_EXCERPTS = 4  # for all the questions in one message together
SUGGEST_FROM = 8  # passages whose headings may become suggestions
DATES_DIFFER = timedelta(days=365)  # between approvals of two articles: then both dates are shown

SETTLED = ("small_talk", "practice", "off_topic")  # a rule that says so needs no conversation

Found = Sequence[tuple[Excerpt, Citation]]

_COUNT = (
    r"(?:\d[\d.,]*|\b(?:half|quarter|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"fifteen|twenty|thirty|forty|fifty|hundred|thousand|couple|several|medi[ao]|dos|tres|cuatro|"
    r"cinco|seis|siete|ocho|nueve|diez|once|doce|quince|veinte|treinta|cuarenta|cincuenta|cien|mil|"
    r"vari[ao]s))"
)
# An amount of medicine: under a personal question it could be taken for a dose. Units that nothing
# else is measured in tell it alone, however the number is written; the others next to a number.
_AMOUNT = re.compile(
    r"(?<![^\W\d_])(?:mgs?|mcgs?|[uµ]gs?|mls?|ccs?|milli(?:gram|liter)s?|micrograms?|"
    r"mili(?:gramo|litro)s?|microgramos?)\b|"
    rf"(?:{_COUNT}|\b(?:an?|un[ao]?))(?:\s+(?:of|the|an?|de|la|el))*[\s-]*"
    r"(?:g|iu|grams?|pills?|tablets?|tabs?|capsules?|lozenges?|troches?|units?|drops?|sprays?|"
    r"puffs?|(?:tea|table)spoons?|gramos?|pastillas?|tabletas?|comprimidos?|c[aá]psulas?|gotas?|"
    r"unidades|cucharad(?:it)?as?)\b|"
    # "A dose", "an injection" and "a patch" tell what something is, not how much.
    rf"{_COUNT}[\s-]*(?:doses?|injections?|patch(?:es)?|devices?|shots?|"
    r"dosis|inyecci(?:ones|[oó]n)|parches?|ampollas?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A message with all that is known about it when it is answered."""

    message: str
    history: tuple[Turn, ...]
    triage: Triage
    language: Language
    times_shown: int


_WARM_UP = Request(
    message="What is depression?",
    history=(),
    triage=Triage(label="information"),
    language="en",
    times_shown=0,
)


class Assistant:
    """Answers visitors. One instance serves all of them and keeps nothing of what they say."""

    def __init__(
        self,
        settings: Settings,
        *,
        source: Source | None = None,
        embedder: Embedder | None = None,
        reader: Reader | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.settings = settings
        self._practice = PracticeFile(settings.corpus)
        self.usage = Usage()
        self._source = source
        self._embedder = embedder
        self._reader = reader
        self._today = today
        self._library: Library | None = None
        self._finder: ExtractiveAnswerer | None = None
        self._answerer: Answerer | None = None
        self._starters: dict[tuple[str, date, Language], tuple[str, ...]] = {}
        self._lock = Lock()

    @property
    def practice(self) -> Practice:
        """The practice's details; a change to its file counts at once."""
        return self._practice.read()

    # --- the read flow -----------------------------------------------------------------------

    def ask(
        self,
        message: str,
        history: Sequence[Turn] = (),
        *,
        language: Language | None = None,
        times_shown: int = 0,
    ) -> Answer:
        """The reply to a message. Never raises; urgent messages need neither model nor store.

        `language` is the page's own, used where the message does not tell; `times_shown` counts
        the crisis cards of this visit, so that a repeated one is worded afresh.
        """
        message = _composed(message)
        turns = [replace(turn, text=_composed(turn.text)) for turn in history]
        request = Request(
            message=message,
            history=tuple(turn for turn in turns if turn.role != "user" or self._fits(turn.text)),
            triage=self.triage(message, turns),
            language=detect(message, language or "en"),
            times_shown=times_shown,
        )
        try:
            try:
                reply = self._reply(request)
            except GenerationGone:  # pruned while it was being searched: another one is live
                reply = self._reply(request)
        except Exception as error:  # a visitor never meets a stack trace
            log.error("question not answered: %s", type(error).__name__)
            reply = self._unavailable(request, error)
        answer = self._finish(reply)
        try:
            self.usage.count(answer)
        except Exception as error:  # counting never stands between a visitor and an answer
            log.error("usage not counted: %s", type(error).__name__)
        return answer

    def triage(self, message: str, history: Sequence[Turn] = ()) -> Triage:
        """What kind of message this is. Needs no store; never raises: doubt goes to the card."""
        try:
            return ready_triager().triage(message, history)
        except Exception as error:
            log.error("triage failed: %s", type(error).__name__)
            return TRIAGE_FAILED

    def _reply(self, request: Request) -> Answer:
        if request.triage.urgent:
            return self._safety(request)
        return self._unsearchable(request) or self._by_label(self._in_context(request))

    def _unsearchable(self, request: Request) -> Answer | None:
        """What is said to a message that holds no words, or more than can be searched for."""
        if not words(request.message):
            return self._fixed("no_answer", "empty", request)
        if not self._fits(request.message):
            return self._fixed("no_answer", "too_long", request)
        return None

    def _fits(self, message: str) -> bool:
        return len(message) <= self.settings.max_question_chars

    def _in_context(self, request: Request) -> Request:
        """The request as it is meant: what a message leaves out may decide of what kind it is."""
        settled = request.triage.label in SETTLED and not request.triage.guessed
        if not request.history or settled:
            return request
        try:
            library = self.library()
        except AssistantError:
            if request.triage.label in SETTLED:  # a fixed reply needs no store
                return request
            raise
        read = library.mended(request.message, request.language)
        alone = _in_one(_questions(request, read, library))
        if alone == read.text.strip():
            return request
        again = self.triage(alone)
        if again.urgent or request.triage.guessed:
            return replace(request, triage=again)
        return request

    def _by_label(self, request: Request) -> Answer:
        label = request.triage.label
        if request.triage.urgent:
            return self._safety(request)
        if label not in SETTLED:
            return self._search(request)
        vague = label == "practice" and not replies.intents("practice", request.message)
        if request.triage.guessed or vague or self._names_a_subject(request):
            if found := self._answered_after_all(request):
                return found
            if vague and request.triage.guessed:
                return self._refused(request)
        return self._fixed_for(label, request)

    def _names_a_subject(self, request: Request) -> bool:
        """Whether a message about the practice is about something that articles tell of, too.

        "How long do you stay at the clinic after esketamine" may be answered by either.
        """
        if request.triage.label != "practice":
            return False
        try:  # the one at hand will do: live articles seldom change their subjects
            library = self._library or self.library()
        except AssistantError:  # what the practice itself has given is told without a store
            return False
        read = library.mended(request.message, request.language)
        return bool(library.question(read.text).names)

    def _answered_after_all(self, request: Request) -> Answer | None:
        """Nothing settles that no article is meant: the answer of one that has it."""
        try:
            meant = Triage(label="information", sensitive=request.triage.sensitive)
            reply = self._search(replace(request, triage=meant))
        except GenerationGone:  # searched once more, in the one that is live now
            raise
        except AssistantError as error:
            log.error("not searched: %s", type(error).__name__)
            return None
        return reply if reply.kind == "answer" else None

    def _fixed_for(self, label: str, request: Request) -> Answer:
        if label == "small_talk":
            lead = replies.small_talk(request.message, request.language, self.practice)
            return _draft("small_talk", request, lead)
        if label == "practice":
            lead = replies.about_practice(request.message, request.language, self.practice)
            return _draft("practice", request, lead)
        return self._fixed("no_answer", "off_topic", request)

    def _safety(self, request: Request) -> Answer:
        """The card; under it a reply, where a harmless question follows an urgent message.

        Also one about the practice: whoever is at risk needs its telephone most.
        """
        shown = card(
            request.triage,
            request.language,
            times_shown=request.times_shown,
            overrides=self.practice.cards,
        )
        failed = request.triage == TRIAGE_FAILED
        reply = _draft("safety", request, self._say("unsafe", request) if failed else "")
        alone = self.triage(request.message)
        if alone.label in ("information", "practice"):
            try:
                asked = replace(request, triage=alone)
                reply = self._unsearchable(asked) or self._by_label(asked)
            except Exception as error:  # the card is what matters
                log.error("no answer under the card: %s", type(error).__name__)
        return replace(reply, kind="safety", triage=request.triage, card=shown)

    def _search(self, request: Request) -> Answer:
        library = self.library()
        read = library.mended(request.message, request.language)
        asked = _questions(request, read, library)
        passages: list[Passage] = []
        answers: list[Found] = []
        for part in asked:
            near = library.retriever.retrieve(part.standalone, today=self._today())
            passages += near
            answers.append(self._found(library.named(part), near, library, request))
        found = _together([self._permitted(request, one) for one in answers])
        reply = self._answered(request, found, library) if found else self._refused(request)
        reply = replace(reply, lead=f"{self._reading(request, read)}{reply.lead}")
        missing = [
            self._uncovered(request, _typed(part.original, read))
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

    def _uncovered(self, request: Request, part: str) -> str:
        """What is said of a part that no article answers: what the practice has given, if asked."""
        if self.triage(part).label == "practice" and replies.intents("practice", part):
            return replies.about_practice(part, request.language, self.practice)
        return self._say("partly_answered", request, part=part)

    def _found(
        self, question: Question, near: list[Passage], library: Library, request: Request
    ) -> Found:
        """What answers: from articles in the visitor's language if those do.

        In Spanish those in English come next, with a note; English has no such second choice.
        """
        own = library.in_language(near, request.language)
        found = self.answerer().answer(question, own, library.articles)
        if found or request.language == "en" or len(own) == len(near):
            return found
        return self.answerer().answer(question, near, library.articles)

    @staticmethod
    def _permitted(request: Request, found: Found) -> Found:
        """Under a personal question no amount is shown that could be taken for this person's."""
        if request.triage.label != "personal_advice":
            return found
        return [
            (excerpt, citation)
            for excerpt, citation in found
            if not _AMOUNT.search(f"{excerpt.text} {citation.quote}")
        ]

    def _answered(
        self,
        request: Request,
        found: Found,
        library: Library,
    ) -> Answer:
        cited = {c.article_id: library.articles[c.article_id] for _, c in found}
        if request.triage.label == "personal_advice":
            lead = personal_advice_lead(request.triage, request.language, with_facts=True)
        else:
            lead = self._introduced(request, list(cited.values()))
        dates = sorted(article.approved_on for article in cited.values())
        notes = []
        if dates[-1] - dates[0] > DATES_DIFFER:
            dated = _dated(cited.values(), request.language)
            notes.append(self._say("dates_differ", request, dates=dated))
        if request.language == "es" and all(a.language == "en" for a in cited.values()):
            notes.append(self._say("language_note", request))
        return replace(
            _draft("answer", request, lead),
            excerpts=tuple(excerpt for excerpt, _ in found),
            citations=tuple(dict.fromkeys(citation for _, citation in found)),
            note="\n".join(notes),
        )

    def _introduced(self, request: Request, cited: Sequence[Article]) -> str:
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
        said = [self._say("read_as", request, typed=t, meant=m) for t, m in read.changes]
        return "".join(f"{sentence} " for sentence in said)

    def _refused(self, request: Request) -> Answer:
        """Says that nothing answers. No sources are listed."""
        if request.triage.label == "personal_advice":
            lead = personal_advice_lead(request.triage, request.language)
        else:
            lead = f"{self._say('no_answer', request)} {self._say('no_answer_next', request)}"
        return _draft("no_answer", request, lead)

    def _next_questions(
        self,
        request: Request,
        asked: Sequence[Question],
        passages: Sequence[Passage],
        found: Found,
        library: Library,
    ) -> tuple[str, ...]:
        """Nearby questions that have an answer, other than the one just asked."""
        quoted = [c.heading_path[-1] for _, c in found if c.heading_path]
        articles = library.articles
        chunks = [passage.chunk for passage in passages]
        near = [c for c in chunks if articles[c.article_id].language == request.language]
        return questions_in(
            near[:SUGGEST_FROM],
            library.articles,
            self.finder().answers,
            names_subject=library.subjects.first_in,
            unlike=[request.message, *(one.standalone for one in asked), *quoted],
        )

    def _unavailable(self, request: Request, error: Exception) -> Answer:
        if request.triage.urgent:  # the card is built from data alone, whatever else failed
            shown = card(request.triage, request.language)
            return replace(_draft("safety", request), card=shown)
        key = "no_store" if isinstance(error, StoreMissing) else "unavailable"
        return self._fixed("unavailable", key, request)

    def _fixed(self, kind: Kind, key: str, request: Request) -> Answer:
        return _draft(kind, request, self._say(key, request))

    def _say(self, key: str, request: Request, **values: str) -> str:
        return replies.say(request.language, "reply", key, self.practice, **values)

    def _finish(self, reply: Answer) -> Answer:
        """Every reply passes here, and so every reply carries the referral."""
        referral = replies.referral(reply.language, self.practice)
        resources = (
            resource_note(reply.language) if reply.triage.sensitive and not reply.card else ""
        )
        note = "\n".join(filter(None, [reply.note, resources]))
        quoted = [f"“{excerpt.text}” [{excerpt.citation}]" for excerpt in reply.excerpts]
        shown = reply.card.text if reply.card else ""
        heading = replies.say(reply.language, "page", "suggestions", self.practice)
        questions = "\n".join([heading, *reply.suggestions]) if reply.suggestions else ""
        parts = [shown, reply.lead, *quoted, note, referral, questions]
        return replace(
            reply,
            text="\n\n".join(filter(None, parts)),
            note=note,
            referral=referral,
            actions=replies.ways_to_reach(reply.language, self.practice),
        )

    # --- what it works with ------------------------------------------------------------------

    def warm(self) -> None:
        """Loads the models and opens the store, so that the first visitor need not wait."""
        ready_triager()
        health = self.health()
        if health.ok:
            self._search(_WARM_UP)
            self.starters("en")
            self.starters("es")

    def prepare(self) -> Iterator[str]:
        """Works ahead on every live article, and names each when it is done.

        Answers are as good without, but take a third longer: the vectors of their spans, and
        whether the headings that are suggested have an answer, are worked out when first needed.
        """
        library = self.library()
        for article_id, chunks in library.chunks_by_article().items():
            self.finder().prepare(chunks, library.articles)
            questions_in(
                chunks,
                library.articles,
                self.finder().answers,
                names_subject=library.subjects.first_in,
                limit=len(chunks),
            )
            yield article_id

    def health(self) -> Health:
        """Whether questions can be answered now; the message is for the operator."""
        try:
            library = self.library()
        except StoreMissing as error:
            return Health(ok=False, reason="no_store", message=str(error))
        except StoreCorrupt as error:
            return Health(ok=False, reason="corrupt", message=str(error))
        except StoreMismatch as error:
            return Health(ok=False, reason="mismatch", message=str(error))
        except StoreUnreachable as error:
            return Health(ok=False, reason="unreachable", message=str(error))
        except AssistantError as error:
            return Health(ok=False, reason="model", message=str(error))
        if not library.in_date(self._today()):
            return Health(
                ok=False, reason="empty", message="No live article is in date; publish new ones."
            )
        return Health(ok=True)

    @property
    def sample(self) -> bool:
        """Whether an article that was last found live is a demonstration, reviewed by no clinician.

        Known without asking the store, which may hang: a page that draws help reads this first.
        """
        known = self._library
        return known is not None and any(article.sample for article in known.articles.values())

    def article(self, article_id: str) -> Article | None:
        """A live article, for showing a citation in its place."""
        try:
            return self.library().articles.get(article_id)
        except AssistantError:
            return None

    def starters(self, language: Language) -> tuple[str, ...]:
        """Questions to begin with; empty when nothing is live."""
        try:
            library = self.library()
            today = self._today()
            found = self._starters.get((library.id, today, language))
            if found is None:
                found = library.starters(language, today, self.finder())
                kept = {k: v for k, v in self._starters.items() if k[:2] == (library.id, today)}
                self._starters = kept | {(library.id, today, language): found}
            return found
        except AssistantError:
            return ()

    def library(self) -> Library:
        """The live generation, made ready again whenever another one has been activated."""
        with self._lock:
            if self._source is None:
                self._source = open_store(self.settings.store)
            snapshot = self._source.live()
            current = self._library
            if current is None or current.id != snapshot.generation.id:
                if self._embedder is None:
                    self._embedder = models.load_embedder(self.settings)
                    _ = self._embedder.dimension  # loaded here, under the lock, or health fails
                self._library = current = Library.of(snapshot, self._embedder)
            return current

    def answerer(self) -> Answerer:
        """What turns passages into an answer; its models are loaded once."""
        finder = self.finder()
        with _loading:
            if self._answerer is None:
                self._answerer = (
                    finder
                    if self.settings.answerer == "extractive"
                    else GenerativeAnswerer(models.load_chat_model(self.settings), finder)
                )
            return self._answerer

    def finder(self) -> ExtractiveAnswerer:
        """What finds answers in passages; its model is loaded once."""
        with _loading:
            if self._finder is None:
                reader = self._reader or models.load_reader(self.settings)
                self._finder = ExtractiveAnswerer(reader)
            return self._finder

    def audit(self) -> list[str]:
        """What is wrong with the store, in the operator's words; empty when nothing is."""
        return list(open_store(self.settings.store).audit())


_loading = Lock()  # libraries may fail when many visitors make them load at the same moment


def ready_triager() -> Triager:
    """Triage with its classifier, or by rules alone where the classifier can't load."""
    with _loading:
        return _triager()


@cache
def _triager() -> Triager:
    try:
        return Triager(models.load_classifier())
    except AssistantError as error:
        log.error("triage without its classifier: %s", error)
        return Triager(None)


def load_assistant(settings: Settings) -> Assistant:
    """An assistant over the configured store. A missing store or model shows in its answers."""
    return Assistant(settings)


def _questions(request: Request, read: Mended, library: Library) -> list[Question]:
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


def _composed(text: str) -> str:
    """With letters as articles have them: "ó" is one."""
    return unicodedata.normalize("NFC", text)


def _in_one(asked: Sequence[Question]) -> str:
    return " ".join(question.standalone for question in asked)


def _typed(part: str, read: Mended) -> str:
    """A part of a message with the misspelt words as the visitor wrote them."""
    for typed, meant in read.changes:
        part = re.sub(rf"\b{re.escape(meant)}\b", typed, part)
    return part


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


def _draft(kind: Kind, request: Request, lead: str = "") -> Answer:
    return Answer(kind=kind, triage=request.triage, lead=lead, language=request.language)
