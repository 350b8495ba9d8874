"""A message that leans on the conversation, as a question that stands alone.

One that names its own subject is left as it is; others ("is it safe?", "and for teenagers?",
"why?") are joined with the last question or its subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.conversation.subjects import Subjects
from assistant.text import unaccented, words
from assistant.text.language import detect
from assistant.types import Language

_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|(?:this|that|the|these|those) "
    r"(?:treatment|therapy|drug|medicine|medication|condition|illness|disorder|one|ones)s?)\b",
    re.IGNORECASE,
)
# Where "it" and "that" point at nothing: "is it possible to drive", "something that helps".
_EMPTY_IT = re.compile(
    r"\s+(?:really |still |ever |even )?(?:possible|true|necessary|a good idea|"
    r"(?:safe|bad|good|better|best|hard|easy|dangerous|wise|fine|smart|risky|legal|allowed|okay|ok|"
    r"normal|common|usual|likely|important|helpful) "
    r"(?:to|that|if|when|after|for (?:me|us|him|her|them) to)\b)",
    re.IGNORECASE,
)
_BEFORE_THAT = frozenset(
    "is was does did do will would can could should from than like about with of for to after "
    "before why how on by and".split()
)
# What "they" may mean after a question about it, rather than the treatment itself.
_THINGS = re.compile(
    r"\b(?:side effects|warning signs|symptoms|signs|risks|benefits)\b", re.IGNORECASE
)
_SEVERAL = frozenset("they them these those".split())
_DONE = re.compile(r"\b(?:work|take|taken|use|used|given)\b", re.IGNORECASE)
_TAKEN = re.compile(r"\b(?P<verb>take|try|use|with) it(?=[\s.?!]*$)", re.IGNORECASE)
_QUESTION = re.compile(
    r"(?:what|which|who|when|where|why|how|is|are|was|does|do|did|can|could|will|would|should|has|"
    r"have|qu[eé]|cu[aá]l(?:es)?|cu[aá]nt[oa]s?|c[oó]mo|cu[aá]ndo|por qu[eé]|es|son|tiene)\b",
    re.IGNORECASE,
)
# "After a session, can I drive?" asks by its second half.
_CLAUSE = re.compile(
    r",\s*(?:is|are|do|does|did|can|could|will|would|should|am|what|how|when|why|who)\b",
    re.IGNORECASE,
)
# "What is mania?" names what it asks about; "what is the dose" and "what are side effects" do not.
_DEFINED = re.compile(
    r"(?:what|who)(?:'s|\s+is|\s+are)\s+(?!(?:the|its?|they|their|this|that|there)\b)(?:an?\s+)?"
    r"(?P<thing>[\w'-]+(?:\s+[\w'-]+){0,3})\s*\??|"
    r"qu[eé]\s+(?:es|son)\s+(?:una?\s+|el\s+|la\s+|los\s+|las\s+)?"
    r"(?P<cosa>\w+(?:\s+\w+){0,3})\s*\??",
    re.IGNORECASE,
)
_OF_SOMETHING = frozenset(
    "side effect effects risk risks symptom symptoms sign signs benefit benefits cost costs "
    "price chance chances odds success rate rates dose doses dosage alternative alternatives "
    "option options cause causes treatment treatments limit limits downside downsides "
    "advantage advantages drawbacks result results outcome outcomes complications "
    "interactions steps stages types kinds requirements session sessions process procedure "
    "evidence research studies experience next like for used about efectos riesgo riesgos "
    "sintoma sintomas beneficios costo costos dosis alternativas opciones causa causas "
    "resultados tratamiento tratamientos senales".split()
)
_COMPARED = re.compile(r"\b(than|from|to|with|as) (?:it|that|this|those|these)\b", re.IGNORECASE)
# In English and in Spanish; the groups have the same names.
_AND_FOR = (
    re.compile(
        r"^(?:and|but|so)?\s*(?:(?:what|how)\s+about\s+)?"
        r"(?P<preposition>for|in|during|after|before|on|at|if|when)\b"
        r"(?!\s*(?:how|what|which|whom?)\b)\s*(?P<rest>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^¿?\s*(?:y|pero|entonces)?[\s,¿]*(?:qu[eé]\s+(?:hay|pasa)\s+)?"
        r"(?P<preposition>para|en|durante|despu[eé]s de|antes de|si|cuando)\b"
        r"(?!\s*(?:,|qu[eé]\b|qui[eé]n|cu[aá]|d[oó]nde))\s*(?P<rest>.+)$",
        re.IGNORECASE,
    ),
)
# An ending only if a name follows: "and with alcohol?" is better asked as "what about alcohol?".
_AND_WITH = re.compile(
    r"^¿?\s*(?:and|but|so|y|pero|entonces)?[\s,¿]*(?:(?:what|how)\s+about\s+)?"
    r"(?P<preposition>with|con)\b\s*(?P<rest>.+)$",
    re.IGNORECASE,
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
    "is it safe": "is it safe",
    "safe": "is it safe",
    "who": "who gives it",
    "where": "where is it given",
    "tell me more": "what is it",
    "more": "what is it",
    "go on": "what is it",
}
# These say nothing without the question before them; nor does "why".
_WITH_CONTEXT = frozenset(["how many", "when", "like what", "such as"])
# What joins a short message with the subject, and what asks about a topic.
_GLUE: dict[Language, tuple[str, str]] = {"en": ("with", "What about"), "es": ("con", "Qué hay de")}
_SHORT = 7  # words
_BESIDE_A_NAME = frozenset("the then instead el la los las".split())
_BEFORE_A_NAME = 3  # words: "for older adults with depression"
# "And for Zoloft?" may ask the same of Zoloft; "and after Zoloft?" never does.
_OF = frozenset("for in para en".split())
# A subject with one of these words is what somebody has; any other is what helps, or a topic.
_CONDITIONS = frozenset(
    "adhd addiction anxiety attack attacks autism bipolar bpd depression disorder gad grief "
    "illness insomnia mania ocd panic pmdd ppd psychosis ptsd schizophrenia stress suicide trauma "
    "adiccion ansiedad ataques autismo depresion duelo enfermedad esquizofrenia estres insomnio "
    "panico psicosis suicidio tdah tept toc trastorno".split()
)
_LEAD_INS = re.compile(
    r"^(?:(?:and|but|so|ok(?:ay)?|also|then|thanks|thank you|hmm+|well)[\s,.!]+|"
    r"¿?(?:y|pero|entonces|gracias)\b[\s,.!¿]+|¿)",
    re.IGNORECASE,
)


def resolve(message: str, context: str, subjects: Subjects, language: Language) -> str:
    """The message in the light of the last standalone question."""
    whole = message.strip()
    subject = subjects.first_in(context)
    plain = _LEAD_INS.sub("", whole)
    bare = plain.lower().strip(" ?.!¿¡")
    if not bare or not subject:
        return whole
    own = subjects.first_in(plain)
    glue = _GLUE[detect(whole, language)]
    if said := _SAID.match(plain):
        return _about(said["rest"], "" if own else subject, glue)
    if own:
        another = _asked_of_another(whole, own, context, subjects, glue)
        return another or _with_own_subject(whole, own, context, subject)
    if bare in _BARE or bare in _WITH_CONTEXT:
        return _bare(bare, context, subject)
    if _defines(bare):
        return whole
    about = _matched(_WHAT_ABOUT, whole)
    named = _named(plain, context, subject)
    asks = _QUESTION.match(plain) or _CLAUSE.search(plain)
    if asks and not _matched(_WHAT_ABOUT, plain):
        return named if named != plain else _with(plain, subject, glue)
    if after := _matched(_AND_FOR, whole):
        return _ending_in(context, after, subjects)
    if about and len(words(about["rest"])) <= _SHORT:
        return _about(about["rest"], subject, glue)
    return named if named != plain else _with(plain, subject, glue)


def _ending_in(context: str, after: re.Match[str], subjects: Subjects) -> str:
    """The last question with another ending: "… for teenagers?" """
    rest = f"{after['preposition'].lower()} {after['rest']}"
    kept = _without_last(context, after["preposition"])
    if not subjects.first_in(kept):  # "What helps for depression?": of nothing else it says more
        kept = context.rstrip(" ?.!")
    return f"{kept} {rest.rstrip(' ?.!')}?"


def _without_last(context: str, preposition: str) -> str:
    """The last question without its own ending of this kind: "… for teenagers?" """
    asked = context.rstrip(" ?.!")
    ending = re.search(rf"\s{re.escape(preposition)}\s+(?:\w+\s+){{0,2}}\w+$", asked, re.IGNORECASE)
    return asked[: ending.start()] if ending and ending.start() else asked


def _matched(patterns: Iterable[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next((found for pattern in patterns if (found := pattern.match(text))), None)


def _defines(bare: str) -> bool:
    """Whether a message asks what something is, and says what."""
    found = _DEFINED.fullmatch(bare)
    if found is None:
        return False
    # As joined: "treatment-resistant depression" is no treatment of something.
    return _OF_SOMETHING.isdisjoint(unaccented(found["thing"] or found["cosa"]).lower().split())


def _named(text: str, context: str, subject: str, *, until: int | None = None) -> str:
    """The text with its first pronoun replaced by what it means; unchanged if there is none."""
    for pronoun in _PRONOUN.finditer(text, 0, len(text) if until is None else until):
        if _points_back(text, pronoun):
            meant = _meant(pronoun, context, subject)
            return text[: pronoun.start()] + meant + text[pronoun.end() :]
    return text


def _points_back(text: str, pronoun: re.Match[str]) -> bool:
    word = pronoun[0].lower()
    if word == "it":
        return not _EMPTY_IT.match(text, pronoun.end())
    before = words(text[: pronoun.start()])[-1:]
    return word != "that" or not before or before[0] in _BEFORE_THAT


def _meant(pronoun: re.Match[str], context: str, subject: str) -> str:
    """What a pronoun means: the subject, or those things of it that were asked about."""
    done = subject.endswith("s") and _DONE.search(pronoun.string)  # "do they work": antidepressants
    if pronoun[0].lower() in _SEVERAL and not done:
        return _things_of(context, subject) or subject
    return subject


def _things_of(context: str, subject: str) -> str:
    """ "the side effects of ketamine", if those were asked about; else the empty string."""
    things = _THINGS.search(context)
    return f"the {things[0].lower()} of {subject}" if things else ""


def _asked_of_another(
    whole: str, own: str, context: str, subjects: Subjects, glue: tuple[str, str]
) -> str:
    """The last question, when "what about esketamine?" or "for PTSD?" asks it anew; else ""."""
    if after := _matched((*_AND_FOR, _AND_WITH), whole):
        return _for_another(after, own, context, subjects, glue) if _is_ending(after, own) else ""
    about = _matched(_WHAT_ABOUT, whole)
    if about is None or not _is_only(own, about["rest"]):
        return ""
    subject = subjects.first_in(context)
    # What was only to be explained gives way to anything.
    old = _alike(own, context, subjects) or (subject if _defines(context) else "")
    return _swapped(context, old, own) or _about(about["rest"], subject, glue)


def _for_another(
    after: re.Match[str], own: str, context: str, subjects: Subjects, glue: tuple[str, str]
) -> str:
    """ "For PTSD?" takes the place of another condition, or else of the end of the question."""
    swaps = after["preposition"].lower() in _OF and _is_only(own, after["rest"])
    if swaps and (swapped := _swapped(context, _alike(own, context, subjects), own)):
        return swapped
    if _defines(context):  # "What is ketamine after TMS?" asks nothing
        return _about(after["rest"], subjects.first_in(context), glue)
    return _ending_in(context, after, subjects)


def _is_only(own: str, rest: str) -> bool:
    return set(words(rest)) <= {*words(own), *_BESIDE_A_NAME}


def _is_ending(after: re.Match[str], own: str) -> bool:
    """Whether "for older adults with PTSD" says no more: "after ketamine can I drive" does."""
    said, name = words(after["rest"]), words(own)
    ends = said[-len(name) :] == name and len(said) <= len(name) + _BEFORE_A_NAME
    return ends and not _QUESTION.match(after["preposition"])


def _alike(own: str, context: str, subjects: Subjects) -> str:
    """The first subject in the last question that is of the same kind, or the empty string.

    Else "How fast does ketamine work?" would become "How fast does PTSD work?".
    """
    kind = _is_condition(own)
    return next((name for name in subjects.all_in(context) if _is_condition(name) == kind), "")


def _is_condition(name: str) -> bool:
    return not _CONDITIONS.isdisjoint(words(name))


def _swapped(context: str, old: str, new: str) -> str:
    """The question asked of another subject, or the empty string where the old one is not found.

    It gives way with what it is joined to ("treatment-resistant depression"), and with a second
    name in brackets: "Zoloft (sertraline)".
    """
    name = r"\W+".join(words(old))
    found = re.search(rf"\b(?:\w+-)*{name}\b", unaccented(context), re.IGNORECASE)
    if not old or found is None:
        return ""
    end = found.end() + (found[0].count("(") > found[0].count(")"))
    return f"{context[: found.start()]}{new}{context[end:]}"


def _with_own_subject(whole: str, own: str, context: str, subject: str) -> str:
    """A message that names a second subject may still be about the one that was talked of."""
    if own == subject:
        return whole
    if (compared := _COMPARED.sub(rf"\g<1> {subject}", whole, count=1)) != whole:
        return compared
    # "Does it help with PTSD?" is still about what was talked of.
    place = unaccented(whole).lower().find(own.split(maxsplit=1)[0])
    if (filled := _named(whole, context, subject, until=max(place, 0))) != whole:
        return filled
    return _TAKEN.sub(rf"\g<verb> {subject}", whole)


def _with(plain: str, subject: str, glue: tuple[str, str]) -> str:
    """A short message gets the subject; a long one says enough, or is about something else."""
    short = len(words(plain)) <= _SHORT
    return f"{plain.rstrip(' ?.!')} {glue[0]} {subject}?" if short else plain


def _bare(bare: str, context: str, subject: str) -> str:
    if bare in _WITH_CONTEXT:
        return f"{bare.capitalize()}? {context}"
    if bare.startswith(("why", "how come")):
        return f"Why? {context}"
    if bare == "how long" and (things := _things_of(context, subject)):
        return f"How long do {things} last?"
    return f"{_PRONOUN.sub(subject, _BARE[bare], count=1).capitalize()}?"


def _about(rest: str, subject: str, glue: tuple[str, str]) -> str:
    joined, asked = glue
    rest = rest.strip(" ?.!")
    return f"{asked} {rest} {f'{joined} {subject}' if subject else ''}".strip() + "?"
