"""The live generation, made ready for questions."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Protocol

from assistant import models
from assistant.answering import ExtractiveAnswerer, is_reference, questions_in
from assistant.conversation import Subjects
from assistant.retrieval import Retriever, Searchable
from assistant.settings import DATA, read_toml
from assistant.text import Mended, Names, Spelling, Thing
from assistant.types import (
    Article,
    Chunk,
    Embedder,
    Generation,
    Language,
    ModelUnavailable,
    Passage,
    Question,
    StoreMismatch,
)

log = logging.getLogger(__name__)

STARTERS = 5


class Live(Searchable, Protocol):
    """A live generation, as the store hands it out."""

    @property
    def generation(self) -> Generation: ...


class Source(Protocol):
    """Where the live generation comes from: the store, or a candidate under test."""

    def live(self) -> Live: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One generation with all that is worked out from it once: search, subjects, how it spells."""

    snapshot: Live
    retriever: Retriever
    subjects: Subjects
    spelling: Mapping[Language, Spelling]
    names: Names

    @classmethod
    def of(cls, snapshot: Live, embedder: Embedder) -> Library:
        """Raises StoreMismatch when the generation was built with another embedder."""
        built_with = snapshot.generation.embedder
        if built_with != embedder.fingerprint:
            raise StoreMismatch(
                f"The store was built with {built_with}, but {embedder.fingerprint} is set."
            )
        return cls(
            snapshot=snapshot,
            retriever=Retriever(snapshot, embedder),
            subjects=Subjects.of(snapshot.articles.values(), common=_common_words()),
            spelling=_spelling(snapshot),
            names=_names(snapshot),
        )

    @property
    def id(self) -> str:
        return self.snapshot.generation.id

    @property
    def articles(self) -> Mapping[str, Article]:
        return self.snapshot.articles

    def in_date(self, today: date) -> list[Article]:
        """The articles that may be quoted today."""
        return [article for article in self.articles.values() if article.in_date(today)]

    def mended(self, text: str, language: Language) -> Mended:
        """The text in the live articles' words: misspelt ones mended, names completed."""
        mended = self.spelling[language].mended(text)
        return replace(mended, text=self.names.completed(mended.text, language))

    def in_language(self, passages: Iterable[Passage], language: Language) -> list[Passage]:
        """The passages whose article is written in the language."""
        return [p for p in passages if self.articles[p.chunk.article_id].language == language]

    def chunks_by_article(self) -> dict[str, list[Chunk]]:
        """The live chunks in the order of the text, by the id of their article."""
        found: dict[str, list[Chunk]] = {}
        for chunk in sorted(self.snapshot.chunks.values(), key=lambda c: (c.article_id, c.start)):
            found.setdefault(chunk.article_id, []).append(chunk)
        return found

    def question(self, text: str) -> Question:
        """The text as a question that stands alone, with the subjects that it names."""
        named = self.subjects.named_in(text)
        # By whichever of its names an article speaks of it.
        others = self.names.in_text(text) if named else []
        named = named.union(*(self.subjects.telling(name) for name in others))
        return Question(original=text, standalone=text, names=named)

    def starters(
        self, language: Language, today: date, finder: ExtractiveAnswerer
    ) -> tuple[str, ...]:
        """Questions to begin with, one an article, each with an answer.

        Of articles in the visitor's language, where there are any.
        """
        chunks = self.chunks_by_article()
        live = self.in_date(today)
        live = [article for article in live if article.language == language] or live
        found: list[str] = []
        # The best-founded first: they tend to be what people come for.
        for article in sorted(live, key=lambda a: (-len(a.references), a.id)):
            found += questions_in(
                chunks.get(article.id, []),
                self.articles,
                finder.answers,
                names_subject=self.subjects.first_in,
                unlike=found,
                limit=1,
            )
            if len(found) == STARTERS:
                break
        return tuple(found)


@cache
def _things() -> tuple[Thing, ...]:
    """What names.toml says has several names."""
    return tuple(
        Thing(en=tuple(thing.get("en", ())), es=tuple(thing.get("es", ())))
        for thing in read_toml(DATA / "names.toml")["thing"]
    )


def _names(snapshot: Live) -> Names:
    titles = [article.title for article in snapshot.articles.values()]
    return Names(_things(), titles, [chunk.text for chunk in snapshot.chunks.values()])


def _common_words() -> frozenset[str]:
    """What says nothing about a subject; unknown where the default model is not installed."""
    try:
        return models.common_words()
    except ModelUnavailable:
        return frozenset()


def _spelling(snapshot: Live) -> dict[Language, Spelling]:
    """How the live articles spell; nothing is mended where common English is not known.

    English is read by what English articles say: "depresion" is a Spanish word, but in an English
    question a slip. Spanish is read by all of them, because it borrows the names of medicines.
    """
    try:
        known = models.english_words()
    except ModelUnavailable as error:
        log.error("questions are read as they are typed: %s", error)
        return {"en": Spelling([], ()), "es": Spelling([], ())}
    chunks = [chunk for chunk in snapshot.chunks.values() if not is_reference(chunk)]
    english = [c for c in chunks if snapshot.articles[c.article_id].language == "en"]
    return {
        "en": Spelling([chunk.text for chunk in english], known),
        "es": Spelling([chunk.text for chunk in chunks], known),
    }
