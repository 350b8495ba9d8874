"""What answers a question however unsure the reader is, because its author said so.

Below a heading that asks this very question, and in the sentences that cite the very study asked
about. Both give no more than the author put there; everything else is the reader's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.findings import Finding, best_first
from assistant.corpus import cited_in, first_surname
from assistant.text import STOP_WORDS, terms, words
from assistant.types import Question, Reference

# What a heading may have more or less than the question without asking for something else: "How is
# ketamine thought to work?", "How does ketamine work?". No word that says how often, who, or may.
_HEDGE = re.compile(
    r"\b(?:thought|believed|known|said|supposed)\s+to\b|\bse\s+(?:cree|piensa|sabe)\s+que\b",
    re.IGNORECASE,
)
_EMPTY = frozenset(
    "a an the do does did is are was were really actually exactly "
    "el la los las un una es son realmente exactamente".split()
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
).union(*STOP_WORDS.values())


def assured(question: Question, findings: Sequence[Finding]) -> list[Finding]:
    """The spans that answer by their author's word, best first; mostly none."""
    return under_its_own_words(question, findings) or of_the_study(question, findings)


def under_its_own_words(question: Question, findings: Sequence[Finding]) -> list[Finding]:
    """The likeliest two under a heading that asks this very question, best first.

    Only if it names its subject: "Is it safe?" stands in many articles.
    """
    if not question.names:
        return []
    asked = [_gist(wording) for wording in question.wordings]
    under = (f for f in findings if f.heading_path and _gist(f.heading_path[-1]) in asked)
    return [finding for finding in under if finding.score][:2]  # 0: it was not read


def _gist(question: str) -> list[str]:
    return [word for word in words(_HEDGE.sub(" ", question)) if word not in _EMPTY]


def of_the_study(question: Question, findings: Sequence[Finding]) -> list[Finding]:
    """The sentences that cite the study whose result is asked for: "What did Zarate 2006 find?".

    "How many people took part in Zarate 2006?" asks for more than that it is cited.
    """
    asked = set(words(question.standalone))
    wanted = {w for w in asked - _RESULT if question.names.isdisjoint(terms(w))}

    def meant(reference: Reference) -> bool:
        named = {*words(first_surname(reference.text)), str(reference.year)}
        return named <= asked and wanted <= named

    citing = [f for f in findings if any(map(meant, cited_in(f.span.text, f.article)))]
    return best_first(citing)
