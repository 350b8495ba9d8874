"""What a conversation may be about: the names of articles' subjects, and of other things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.text import STOP_WORDS, Thing, terms, unaccented, words
from assistant.types import Article

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """The words by which live articles name what they are about, and other things by their names.

    A conversation may be about either. What an answer must name is decided by the articles' alone.
    """

    names: frozenset[str]
    common: frozenset[str] = frozenset()
    """Everyday words: a title may have them ("panic attacks", "everyday life"), but alone they name
    nothing that would tell who may speak."""
    things: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    """The names of other things, in words, by the first of these: asked after "what about Zoloft?",
    "what are its risks?" means Zoloft's, though no article is about it."""

    @classmethod
    def of(
        cls,
        articles: Iterable[Article],
        *,
        common: frozenset[str] = frozenset(),
        things: Iterable[Thing] = (),
    ) -> Subjects:
        """Subjects from the titles and ids of articles, and from things that have known names."""
        names: set[str] = set()
        for article in articles:
            named = re.split("[:?]", article.title, maxsplit=1)[0]  # then comes what is said of it
            names |= {*words(named), *words(article.id.replace("-", " "))}
        subjects = frozenset(names) - _NOT_A_SUBJECT - STOP_WORDS["en"] - STOP_WORDS["es"]
        return cls(names=subjects, common=common, things=_by_first_word(things))

    def named_in(self, text: str) -> frozenset[str]:
        """Stems of the subjects that a text names, for choosing what may speak of them."""
        asked = set(words(text))
        exactly = self.names & asked  # else "ptsd genetic?" could be answered by any "genetics"
        alike = (word for word in asked if not self.names.isdisjoint(_numbers(word)))
        return self.telling(" ".join(exactly or alike))

    def telling(self, name: str) -> frozenset[str]:
        """Stems of the words of a name that tell it from others."""
        telling = frozenset(words(name)) - _TELLS_NOTHING - self.common
        return frozenset(stem for word in telling for stem in terms(word))

    def first_in(self, text: str) -> str:
        """The first stretch of the text that names something, or the empty string."""
        return next(self.all_in(text), "")

    def all_in(self, text: str) -> Iterator[str]:
        """Every stretch of the text that names a subject or another thing."""
        rest = words(text)
        found: list[str] = []
        while rest:
            length = self._named_by(rest)
            if found and not length:
                yield _as_written(found, text)
                found = []
            found += rest[:length]
            rest = rest[length or 1 :]
        if found:
            yield _as_written(found, text)

    def _named_by(self, said: Sequence[str]) -> int:
        """How many words from the first one on are a name; 0 if they are none."""
        for name in self.things.get(said[0], ()):
            if tuple(said[: len(name)]) == name:
                return len(name)
        return 0 if self.names.isdisjoint(_numbers(said[0])) else 1


def _as_written(stretch: Sequence[str], text: str) -> str:
    """The words of a stretch, a second name still in its brackets: "zoloft (sertraline)"."""
    found = re.search(r"\W+".join(stretch), unaccented(text).lower()) if "(" in text else None
    return f"{found[0]})" if found and "(" in found[0] else " ".join(stretch)


def _by_first_word(things: Iterable[Thing]) -> dict[str, list[tuple[str, ...]]]:
    """Every name in words, also in the other number, the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    every = {name for thing in things for name in thing.named("en")}
    forms = {(*before, form) for *before, last in map(words, every) for form in _numbers(last)}
    for name in sorted(forms, key=lambda name: (-len(name), name)):
        found.setdefault(name[0], []).append(name)
    return found


def _numbers(word: str) -> tuple[str, str, str]:
    """A word, and what may be its singular and plural."""
    return word, word.removesuffix("s"), f"{word}s"
