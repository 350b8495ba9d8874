"""Of what kind a reply is: help, an answer, the practice's details, small talk, or a refusal."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from assistant import replies
from assistant.pipeline.request import Request, draft
from assistant.pipeline.searching import Searching, asked_in
from assistant.pipeline.workshop import Workshop
from assistant.text import words
from assistant.triage import TRIAGE_FAILED
from assistant.triage.cards import card, resource_note
from assistant.types import (
    Answer,
    AssistantError,
    GenerationGone,
    Kind,
    Question,
    StoreMissing,
    Triage,
)

log = logging.getLogger(__name__)

SETTLED = ("small_talk", "practice", "off_topic")  # a rule that says so needs no conversation


class Replying:
    """Decides what a message gets; what its triage says comes first."""

    def __init__(self, workshop: Workshop) -> None:
        self._at = workshop
        self._searching = Searching(workshop)

    def reply(self, request: Request) -> Answer:
        """The reply, not yet finished. Raises AssistantError; an urgent message never does."""
        if request.triage.urgent:
            return self._safety(request)
        return self._unsearchable(request) or self._by_label(self._in_context(request))

    def unavailable(self, request: Request, error: Exception) -> Answer:
        """What is said where a reply failed; an urgent message gets its card all the same."""
        if request.triage.urgent:  # the card is built from data alone, whatever else failed
            return replace(draft("safety", request), card=card(request.triage, request.language))
        key = "no_store" if isinstance(error, StoreMissing) else "unavailable"
        return self._fixed("unavailable", key, request)

    def finished(self, reply: Answer) -> Answer:
        """Every reply passes here, and so every reply carries the referral."""
        practice = self._at.practice
        referral = replies.referral(reply.language, practice)
        resources = (
            resource_note(reply.language) if reply.triage.sensitive and not reply.card else ""
        )
        note = "\n".join(filter(None, [reply.note, resources]))
        quoted = [f"“{excerpt.text}” [{excerpt.citation}]" for excerpt in reply.excerpts]
        shown = reply.card.text if reply.card else ""
        heading = replies.say(reply.language, "page", "suggestions", practice)
        questions = "\n".join([heading, *reply.suggestions]) if reply.suggestions else ""
        parts = [shown, reply.lead, *quoted, note, referral, questions]
        return replace(
            reply,
            text="\n\n".join(filter(None, parts)),
            note=note,
            referral=referral,
            actions=replies.ways_to_reach(reply.language, practice),
        )

    def fits(self, message: str) -> bool:
        """Whether a message is short enough to be searched for."""
        return len(message) <= self._at.settings.max_question_chars

    def _unsearchable(self, request: Request) -> Answer | None:
        """What is said to a message that holds no words, or more than can be searched for."""
        if not words(request.message):
            return self._fixed("no_answer", "empty", request)
        if not self.fits(request.message):
            return self._fixed("no_answer", "too_long", request)
        return None

    def _in_context(self, request: Request) -> Request:
        """The request as it is meant: what a message leaves out may decide of what kind it is."""
        settled = request.triage.label in SETTLED and not request.triage.guessed
        if not request.history or settled:
            return request
        try:
            library = self._at.library()
        except AssistantError:
            if request.triage.label in SETTLED:  # a fixed reply needs no store
                return request
            raise
        read = library.mended(request.message, request.language)
        alone = _in_one(asked_in(request, read, library))
        if alone == read.text.strip():
            return request
        again = self._at.triage(alone)
        # What may be advice on oneself stays that, whichever of the two readings shows it.
        shown = again.urgent or again.label == "personal_advice"
        if shown or (request.triage.guessed and request.triage.label != "personal_advice"):
            return replace(request, triage=again)
        return request

    def _by_label(self, request: Request) -> Answer:
        label = request.triage.label
        if request.triage.urgent:
            return self._safety(request)
        if label not in SETTLED:
            return self._searching.answer(request)
        vague = label == "practice" and not replies.intents("practice", request.message)
        if request.triage.guessed or vague or self._names_a_subject(request):
            if found := self._answered_after_all(request):
                return found
            if vague and request.triage.guessed:
                return self._searching.refusal(request)
        return self._fixed_for(label, request)

    def _names_a_subject(self, request: Request) -> bool:
        """Whether a message about the practice is about something that articles tell of, too.

        "How long do you stay at the clinic after esketamine" may be answered by either.
        """
        if request.triage.label != "practice":
            return False
        try:  # the one at hand will do: live articles seldom change their subjects
            library = self._at.library_at_hand or self._at.library()
        except AssistantError:  # what the practice itself has given is told without a store
            return False
        read = library.mended(request.message, request.language)
        return bool(library.question(read.text).names)

    def _answered_after_all(self, request: Request) -> Answer | None:
        """Nothing settles that no article is meant: the answer of one that has it."""
        try:
            meant = Triage(label="information", sensitive=request.triage.sensitive)
            reply = self._searching.answer(replace(request, triage=meant))
        except GenerationGone:  # searched once more, in the one that is live now
            raise
        except AssistantError as error:
            log.error("not searched: %s", type(error).__name__)
            return None
        return reply if reply.kind == "answer" else None

    def _fixed_for(self, label: str, request: Request) -> Answer:
        practice = self._at.practice
        if label == "small_talk":
            lead = replies.small_talk(request.message, request.language, practice)
            return draft("small_talk", request, lead)
        if label == "practice":
            lead = replies.about_practice(request.message, request.language, practice)
            return draft("practice", request, lead)
        return self._fixed("no_answer", "off_topic", request)

    def _safety(self, request: Request) -> Answer:
        """The card; under it a reply, where a harmless question follows an urgent message.

        Also one about the practice: whoever is at risk needs its telephone most.
        """
        shown = card(
            request.triage,
            request.language,
            times_shown=request.times_shown,
            overrides=self._at.practice.cards,
        )
        failed = request.triage == TRIAGE_FAILED
        lead = self._at.say("unsafe", request.language) if failed else ""
        reply = draft("safety", request, lead)
        try:
            reply = self._harmless(request) or reply
        except Exception as error:  # the card is what matters
            log.error("no answer under the card: %s", type(error).__name__)
        return replace(reply, kind="safety", triage=request.triage, card=shown)

    def _harmless(self, request: Request) -> Answer | None:
        """The reply to a message in which, by itself and as it is meant, nothing is at risk."""
        alone = replace(request, triage=self._at.triage(request.message))
        if alone.triage.label not in ("information", "practice"):
            return None
        if reply := self._unsearchable(alone):
            return reply
        asked = self._in_context(alone)
        return self._by_label(asked) if asked.triage.label in ("information", "practice") else None

    def _fixed(self, kind: Kind, key: str, request: Request) -> Answer:
        return draft(kind, request, self._at.say(key, request.language))


def _in_one(asked: Sequence[Question]) -> str:
    return " ".join(question.standalone for question in asked)
