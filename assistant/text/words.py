"""Words as a search engine sees them: lower case, unaccented, stemmed, without common ones."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import Stemmer

from assistant.types import Language

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_STEMMERS = {"en": Stemmer.Stemmer("english"), "es": Stemmer.Stemmer("spanish")}

# Words that carry no subject in a question or an answer. Short on purpose: "not", "before", "who"
# and their like do change what is asked.
STOP_WORDS: dict[Language, frozenset[str]] = {
    "en": frozenset(
        "a about an and any are as at be been being by can could did do does for from had has have "
        "he her him his how i if in into is it its itself me my of on or our please she should so "
        "some than that the their them there these they this those to us was we were what when "
        "where which while who whom why will with would you your yours".split()
    ),
    "es": frozenset(
        "a al algo como con cual cuando de del donde el ella ellas ellos en entre era es esa ese "
        "eso esta este esto ha hay la las le les lo los me mi mis muy o para pero por porque que "
        "quien se ser si sin sobre son su sus te tu un una uno unos y ya yo".split()
    ),
}


def words(text: str) -> list[str]:
    """Lower-case words without accents, in order, common ones included."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return [word.replace("’", "'").removesuffix("'s") for word in _WORD.findall(plain)]


def unaccented(text: str) -> str:
    """The text without accents, each character in its place."""
    return _BEYOND_ASCII.sub(lambda found: unicodedata.normalize("NFD", found[0])[0], text)


def terms(text: str, language: Language = "en") -> list[str]:
    """Stems of the words that carry meaning: what lexical search and term coverage compare."""
    return [_stem(word, language) for word in words(text) if word not in STOP_WORDS[language]]


@lru_cache(maxsize=65536)
def _stem(word: str, language: Language) -> str:
    return str(_STEMMERS[language].stemWord(word))
