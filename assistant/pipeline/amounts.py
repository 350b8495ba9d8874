"""Amounts of medicine: under a personal question one could be taken for this person's dose."""

from __future__ import annotations

import re

_COUNT = (
    r"(?:\d[\d.,]*|\b(?:half|quarter|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"fifteen|twenty|thirty|forty|fifty|hundred|thousand|couple|several|medi[ao]|dos|tres|cuatro|"
    r"cinco|seis|siete|ocho|nueve|diez|once|doce|quince|veinte|treinta|cuarenta|cincuenta|cien|mil|"
    r"vari[ao]s))"
)
# Units that nothing else is measured in tell it alone, however the number is written; the others
# next to a number.
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


def names_amount(text: str) -> bool:
    """Whether the text says how much of a medicine."""
    return bool(_AMOUNT.search(text))
