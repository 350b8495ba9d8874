"""What answers a question however unsure the reader is, because its author said so.

Below a heading that asks this very question, in the sentences that cite the very study asked about,
and in one that says what the thing asked about is. All give no more than the author put there;
everything else is the reader's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.candidates import Candidate, best_first, overlap
from assistant.corpus import cited_in, first_surname
from assistant.text import STOP_WORDS, terms, unaccented, words
from assistant.types import Question, Reference

# What a heading may have more or less than the question without asking for something else: "How is
# ketamine thought to work?", "How does ketamine work?". No word that says how often, who, or may.
_HEDGE = re.compile(
    r"\b(?:thought|believed|known|said|supposed)\s+to\b|\bse\s+(?:cree|piensa|sabe)\s+que\b",
    re.IGNORECASE,
)
_ARTICLES = frozenset("a an the exactly un una unos unas el la los las exactamente".split())
_EMPTY = _ARTICLES | frozenset(
    "do does did is are was were really actually es son realmente".split()
)
# What asks for a study's result and for nothing in particular.
_RESULT = frozenset(
    words(
        "study trial research paper article work author find found show shows showed shown say "
        "says said report reported conclude concluded discover discovered tell told result results "
        "findings conclusion outcome et al estudio ensayo investigación artículo autor encontró "
        "encontraron halló hallaron mostró mostraron demostró demostraron dice dijo concluyó "
        "concluyeron resultado resultados hallazgos conclusión"
    )
).union(*STOP_WORDS.values()) - frozenset(
    words("where when who whom whose why how dónde cuándo quién quiénes porque cómo cuántos")
)

_WHAT_IS = re.compile(
    r"(?:what(?:'s|s| is| are| exactly is)|define|qu[eé] (?:es|son)|defin[ae])\s+(?P<thing>.+)",
    re.IGNORECASE,
)
# What follows the name of a thing that is said to be something: no "not", no "used to", no "safe".
_IS_SOMETHING = (
    r"(?:\s*\([^()]{1,60}\))?(?:,[^,.;]{1,60},)?\s+(?:"
    r"(?:is|are)\s+(?:an?|the|one|any|when|short\s+for)\b|means\b|refers\s+to\b|stands\s+for\b|"
    r"(?:es|son)\s+(?:una?|unos|unas|el|la|los|las|cuando)\b|significan?\b|consisten?\s+en\b)|"
    r",\s+(?:an?|una?)\s"
)
# The thing opens the sentence: "The most serious risk of TMS is a seizure", "If you have bipolar
# disorder, an antidepressant …" and "Postpartum depression is …" say of no other what it is.
_OPENING = (
    r"(?:^|(?<=[.!?:]\s))\W*(?:it is (?:\w+ ){1,3}that\s+|(?:se|es) sab(?:e|ido) que\s+)?"
    r"(?:(?:an?|the|el|la|los|las|una?|unos|unas)\s+)?"
)
# What is always that of something: without it, any sentence may say what "the risk" is.
_OF_SOMETHING = frozenset(
    words(
        "side effect effects risk risks danger dangers dose cost price benefit benefits cause "
        "causes symptom symptoms sign signs treatment treatments cure chance chances success rate "
        "difference downside downsides drawback purpose goal result results reason point main "
        "most common best worst efecto efectos secundario secundarios riesgo riesgos peligro "
        "dosis costo precio beneficio beneficios causa causas síntoma síntomas signo signos "
        "tratamiento tratamientos cura diferencia razón resultado resultados principal principales"
    )
)
_CALLED = (
    r"\b(?:called|known\s+as|(?:se\s+)?llama(?:d[oa]s?|n)?|conocid[oa]s?\s+como)\s+(?:an?\s+)?"
)


def assured(question: Question, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The spans that answer by their author's word, best first; mostly none."""
    for rule in (under_its_own_words, of_the_study, defining):
        if found := rule(question, candidates):
            return found
    return []


def under_its_own_words(question: Question, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The likeliest two under a heading that asks this very question, best first.

    Only if it names its subject: "Is it safe?" stands in many articles.
    """
    if not question.names:
        return []
    under = (c for c in candidates if c.heading_path and asks(c.heading_path[-1], question))
    return [candidate for candidate in under if candidate.score][:2]  # 0: it was not read


def asks(text: str, question: Question) -> bool:
    """Whether a heading or a noted question asks this very question, but for a hedge."""
    return _gist(text) in map(_gist, question.wordings)


def _gist(question: str) -> list[str]:
    return [word for word in words(_HEDGE.sub(" ", question)) if word not in _EMPTY]


def of_the_study(question: Question, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The sentences that cite the study whose result is asked for: "What did Zarate 2006 find?".

    "How many people took part in Zarate 2006?" asks for more than that it is cited.
    """
    asked = set(words(question.standalone))
    wanted = {w for w in asked - _RESULT if question.names.isdisjoint(terms(w))}

    def meant(reference: Reference) -> bool:
        named = {*words(first_surname(reference.text)), str(reference.year)}
        return named <= asked and wanted <= named

    citing = [c for c in candidates if any(map(meant, cited_in(c.span.text, c.article)))]
    return best_first(citing)


def defining(question: Question, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The likeliest span that says what the thing is: "What is BDNF?".

    The thing is named in full: "What is the dose of ketamine?" is not answered by what ketamine is.
    """
    things = [thing for wording in question.wordings if (thing := _thing_asked(wording))]
    said = [c for c in candidates if any(_says_what_it_is(thing, c.span.text) for thing in things)]
    if not said:
        return []
    best = best_first(said)[0]
    # Of what says so, no more than needed.
    around = [c for c in said if c.article is best.article and overlap(c, best)]
    return [min(around, key=lambda c: len(c.span.text))]


def _thing_asked(question: str) -> str:
    """What "What is …?" asks about, as a pattern; empty where something else is asked."""
    asked = _WHAT_IS.fullmatch(question.strip(" ?.!¿¡"))
    if asked is None:
        return ""
    named = words(asked["thing"])
    while named and named[0] in _ARTICLES:
        named = named[1:]
    if _OF_SOMETHING.union(*STOP_WORDS.values()).issuperset(named):
        return ""  # "What is it?": any sentence may say "It is a …"
    return r"\W+".join(map(re.escape, named))


def _says_what_it_is(thing: str, text: str) -> bool:
    said = unaccented(text).lower()
    if re.search(rf"{_OPENING}{thing}(?:{_IS_SOMETHING})|{_CALLED}{thing}\b", said):
        return True
    # An abbreviation behind its own words: "brain-derived neurotrophic factor (BDNF)".
    short = re.search(rf"\(({thing})\)", said)
    if short is None:
        return False
    initials = "".join(word[0] for word in re.findall(r"\w+", said[: short.start()]))
    return initials.endswith(short[1])
