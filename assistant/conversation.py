"""A follow-up becomes a question that stands alone, without a language model.

The subject of the conversation is the treatment, condition or topic that the visitor named last.
A message that names its own subject is left as it is; one that leans on the conversation ("is it
safe?", "and for teenagers?", "why?") is joined with the last question or its subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.text import STOP_WORDS, terms, unaccented, words
from assistant.text.language import detect
from assistant.types import Article, Language, Question, Turn

# Subjects are named by articles' titles and headings; these words in them name nothing.
_NOT_A_SUBJECT = frozenset(
    "a about after an and are article articles as at be before by can care choose chosen common "
    "different do does doctor doctors effect effects evidence expect explained fast feel for from "
    "get getting give gives guide happens help helps how in is it know learn left like live long "
    "makes may mean means need of on or other our overview people possible practice prepare "
    "questions references right risk risks safe session side signs someone starting summary "
    "supporting symptom symptoms take takes talking the their they things this time to today "
    "treat treated treatment treatments types understanding use used uses using visit warning "
    "weeks what when where who why with work works you your psychiatrist compare compared studied "
    "study studies research show shows steps changes change works first next same long-term".split()
)

# Part of a subject's name in a title ("A psychiatric evaluation", "Bipolar disorder"), but alone no
# sign that a text speaks of what was asked ("psychiatric medicines", "panic disorder").
_TELLS_NOTHING = frozenset(
    "psychiatric psychiatry mental psiquiatrico psiquiatrica psiquiatria disorder disorders "
    "trastorno trastornos inherited post resistant primera therapy therapies terapia".split()
)

_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|(?:this|that|the|these|those) "
    r"(?:treatment|therapy|drug|medicine|medication|condition|illness|disorder|one|ones)s?)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:what|which|who|when|where|why|how|is|are|was|does|do|did|can|could|will|would|should|has|"
    r"have|qu[eé]|cu[aá]l(?:es)?|cu[aá]nt[oa]s?|c[oó]mo|cu[aá]ndo|por qu[eé]|es|son|tiene)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"\b(than|from|to|with|as) (?:it|that|this|those|these)\b", re.IGNORECASE)
# In English and in Spanish; the groups have the same names.
_AND_FOR = (
    re.compile(
        r"^(?:and|but|so)?\s*(?:(?:what|how)\s+about\s+)?"
        r"(?P<preposition>for|in|during|after|before|on|at|if|when)\b\s*(?P<rest>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^¿?\s*(?:y|pero|entonces)?[\s,¿]*(?:qu[eé]\s+(?:hay|pasa)\s+)?"
        r"(?P<preposition>para|en|durante|despu[eé]s de|antes de|si|cuando)\b"
        r"(?!\s*(?:,|qu[eé]\b|qui[eé]n|cu[aá]|d[oó]nde))\s*(?P<rest>.+)$",
        re.IGNORECASE,
    ),
)
_WHAT_ABOUT = (
    re.compile(
        r"^(?:and|but|so|ok(?:ay)?|also)?[\s,]*(?:(?:what|how)\s+about|and)\s+(?:the\s+)?"
        r"(?P<rest>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^¿?\s*(?:(?:y|pero|entonces)\b[\s,¿]*(?:qu[eé]\s+(?:hay|pasa)\s+(?:de|con)\s+)?|"
        r"qu[eé]\s+(?:hay|pasa)\s+(?:de|con)\s+)(?P<rest>.+)$",
        re.IGNORECASE,
    ),
)
_SAID = re.compile(
    r"^.*?\b(?:you|it|they)\s+(?:said|say|mention(?:ed)?|told me|wrote)\s+"
    r"(?:something\s+|anything\s+)?(?:about|on)\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
_BARE = {
    "why": "why",
    "why not": "why not",
    "why is that": "why",
    "how come": "why",
    "how": "how does it work",
    "how so": "how does it work",
    "how long": "how long does it last",
    "how often": "how often is it given",
    "how fast": "how fast does it work",
    "how quickly": "how fast does it work",
    "how many": "how many",
    "is it safe": "is it safe",
    "safe": "is it safe",
    "who": "who gives it",
    "when": "when",
    "where": "where is it given",
    "like what": "for example",
    "such as": "for example",
    "tell me more": "what is it",
    "more": "what is it",
    "go on": "what is it",
}
# Between two questions: the end of the first, or "and" before a word that asks.
_PARTS = re.compile(
    r"(?<=\?)\s+(?=[\w¿])|,?\s+(?:and|y)\s+(?=(?:what|which|who|when|where|why|how|is|are|do|does|can|"
    r"will|does|did|should|¿|qu[eé]|cu[aá]l|cu[aá]nto|c[oó]mo|cu[aá]ndo|por qu[eé]|es)\b)",
    re.IGNORECASE,
)
# What joins a short message with the subject, and what asks about a topic.
_GLUE: dict[Language, tuple[str, str]] = {"en": ("with", "What about"), "es": ("con", "Qué hay de")}
_SHORT = 7  # words
_BESIDE_A_NAME = frozenset("the then instead el la los las".split())
# Says nothing about a subject, so the one before it stays.
_POLITE = re.compile(
    r"¡?(?:(?:thanks?(?: you)?(?: so much| very much)?|ok(?:ay)?|great|good|got it|i see|cool|yes|"
    r"no|muchas gracias|gracias|vale|bien|perfecto|s[ií])\b[\s.!,]*)+",
    re.IGNORECASE,
)
_LEAD_INS = re.compile(
    r"^(?:(?:and|but|so|ok(?:ay)?|also|then|thanks|thank you|hmm+|well)[\s,.!]+|"
    r"¿?(?:y|pero|entonces|gracias)\b[\s,.!¿]+|¿)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """The words by which live articles name what they are about."""

    names: frozenset[str]
    common: frozenset[str] = frozenset()
    """Everyday words: a title may have them ("panic attacks", "everyday life"), but alone they name
    nothing that would tell who may speak."""

    @classmethod
    def of(cls, articles: Iterable[Article], *, common: frozenset[str] = frozenset()) -> Subjects:
        """Subjects from the titles and ids of articles."""
        names: set[str] = set()
        for article in articles:
            named = re.split("[:?]", article.title, maxsplit=1)[0]  # then comes what is said of it
            names |= {*words(named), *words(article.id.replace("-", " "))}
        subjects = frozenset(names) - _NOT_A_SUBJECT - STOP_WORDS["en"] - STOP_WORDS["es"]
        return cls(names=subjects, common=common)

    def named_in(self, text: str) -> frozenset[str]:
        """Stems of the subjects that a text names, for choosing what may speak of them."""
        return self.telling(" ".join(self.names.intersection(words(text))))

    def telling(self, name: str) -> frozenset[str]:
        """Stems of the words of a name that tell it from others."""
        telling = frozenset(words(name)) - _TELLS_NOTHING - self.common
        return frozenset(stem for word in telling for stem in terms(word))

    def first_in(self, text: str) -> str:
        """The stretch of the text that names a subject, or the empty string."""
        found: list[str] = []
        for word in words(text):
            if word in self.names:
                found.append(word)
            elif found:
                break
        return " ".join(found)


def standalone(message: str, history: Sequence[Turn], subjects: Subjects) -> Question:
    """The message as a question that needs no conversation; unchanged when it needs none."""
    context = ""
    for turn in history:
        if turn.role == "user" and not _POLITE.fullmatch(turn.text.strip()):
            context = _resolve(turn.text, context, subjects)
    if context and not subjects.first_in(context):
        context = f"{context} {_subject_of_answers(history, subjects)}".strip()
    return Question(original=message, standalone=_resolve(message, context, subjects))


def parts(question: str, subjects: Subjects) -> list[str]:
    """The one or two questions in a message, each made to stand alone."""
    found = [part.strip() for part in _PARTS.split(question.strip(), maxsplit=1) if part.strip()]
    if len(found) < 2 or len(words(found[0])) < 3 or len(words(found[1])) < 2:
        return [question]
    return [found[0], _resolve(found[1], found[0], subjects)]


def _subject_of_answers(history: Sequence[Turn], subjects: Subjects) -> str:
    for turn in reversed(history):
        if turn.role == "assistant" and (subject := subjects.first_in(turn.text)):
            return subject
    return ""


def _resolve(message: str, context: str, subjects: Subjects) -> str:
    """The message in the light of the last standalone question."""
    whole = message.strip()
    subject = subjects.first_in(context)
    plain = _LEAD_INS.sub("", whole)
    bare = plain.lower().strip(" ?.!¿¡")
    if not bare or not subject:
        return whole
    own = subjects.first_in(plain)
    glue = _GLUE[detect(whole)]
    if said := _SAID.match(plain):
        return _about(said["rest"], "" if own else subject, glue)
    if own:
        return _with_own_subject(whole, own, context, subject)
    if bare in _BARE:
        return _bare(bare, context, subject)
    about = _matched(_WHAT_ABOUT, whole)
    if _QUESTION.match(plain) and not _matched(_WHAT_ABOUT, plain):
        return (
            _PRONOUN.sub(subject, plain, count=1)
            if _PRONOUN.search(plain)
            else _with(plain, subject, glue)
        )
    if after := _matched(_AND_FOR, whole):
        rest = f"{after['preposition'].lower()} {after['rest']}"
        return f"{context.rstrip(' ?.!')} {rest.rstrip(' ?.!')}?"
    if about and len(words(about["rest"])) <= _SHORT:
        return _about(about["rest"], subject, glue)
    if _PRONOUN.search(plain):
        return _PRONOUN.sub(subject, plain, count=1)
    return _with(plain, subject, glue)


def _matched(patterns: Iterable[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next((found for pattern in patterns if (found := pattern.match(text))), None)


def _with_own_subject(whole: str, own: str, context: str, subject: str) -> str:
    """ "What about esketamine?" asks the last question of another subject."""
    about = _matched(_WHAT_ABOUT, whole)
    if about and set(words(about["rest"])) <= {*own.split(), *_BESIDE_A_NAME}:
        named = re.search(rf"\b{re.escape(subject)}\b", unaccented(context), re.IGNORECASE)
        return f"{context[: named.start()]}{own}{context[named.end() :]}" if named else whole
    if own != subject and (compared := _COMPARED.sub(rf"\g<1> {subject}", whole, count=1)) != whole:
        return compared
    return whole


def _with(plain: str, subject: str, glue: tuple[str, str]) -> str:
    """A short message gets the subject; a long one says enough, or is about something else."""
    short = len(words(plain)) <= _SHORT
    return f"{plain.rstrip(' ?.!')} {glue[0]} {subject}?" if short else plain


def _bare(bare: str, context: str, subject: str) -> str:
    if bare.startswith(("why", "how come")):
        return f"Why? {context}"
    return f"{_PRONOUN.sub(subject, _BARE[bare], count=1).capitalize()}?"


def _about(rest: str, subject: str, glue: tuple[str, str]) -> str:
    joined, asked = glue
    rest = rest.strip(" ?.!")
    return f"{asked} {rest} {f'{joined} {subject}' if subject else ''}".strip() + "?"
