"""The live generation, made ready for questions."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Protocol

from assistant import models
from assistant.answering import ExtractiveAnswerer, headings, is_reference, questions_in
from assistant.conversation import Subjects
from assistant.retrieval import Retriever, Searchable
from assistant.settings import DATA, read_toml
from assistant.text import Mended, Names, Spelling, Thing, words
from assistant.text.language import detect
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
        names = _names(snapshot)
        return cls(
            snapshot=snapshot,
            retriever=Retriever(snapshot, embedder),
            subjects=Subjects.of(
                snapshot.articles.values(), common=_common_words(), things=known_things()
            ),
            spelling=_spelling(snapshot, names),
            names=names,
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

    def named(self, question: Question) -> Question:
        """The question with the subjects that it names, and worded by one name of each."""
        text = question.standalone
        names = self.subjects.named_in(text)
        # By whichever of its names an article speaks of it.
        others = self.names.in_text(text) if names else []
        names = names.union(*(self.subjects.telling(name) for name in others))
        return replace(
            question,
            names=names,
            treatments=self.names.treatments_in(text, question.language or detect(text)),
            by_one_name=self.names.by_one_name(text),
        )

    def question(self, text: str, language: Language | None = None) -> Question:
        """The text as a question that stands alone, with the subjects that it names."""
        return self.named(Question(original=text, standalone=text, language=language))

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
                headings(chunks.get(article.id, [])),
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
def known_things() -> tuple[Thing, ...]:
    """What names.toml gives the names of."""
    told = read_toml(DATA / "names.toml")
    return tuple(
        Thing(
            en=tuple(thing.get("en", ())),
            es=tuple(thing.get("es", ())),
            treatment=treatment,
            kinds=tuple(name for kind in thing.get("is", ()) for name in told["kind"][kind]),
        )
        for treatment, things in ((True, told["treatment"]), (False, told["thing"]))
        for thing in things
    )


def _names(snapshot: Live) -> Names:
    titles = [article.title for article in snapshot.articles.values()]
    return Names(known_things(), titles, [chunk.text for chunk in snapshot.chunks.values()])


def _common_words() -> frozenset[str]:
    """What says nothing about a subject; unknown where the default model is not installed."""
    try:
        return models.common_words()
    except ModelUnavailable:
        return frozenset()


def _spelling(snapshot: Live, names: Names) -> dict[Language, Spelling]:
    """How the live articles spell; nothing is mended where common English is not known.

    Each language is read by what its own articles say: "depresion" is a Spanish word, but in an
    English question a slip. Spanish borrows names and other words: English ones are none of its
    slips, and a medicine may be told of in English articles alone.
    """
    try:
        known = models.english_words()
    except ModelUnavailable as error:
        log.error("questions are read as they are typed: %s", error)
        return {"en": Spelling([], ()), "es": Spelling([], (), "es")}
    texts: dict[Language, list[str]] = {"en": [], "es": []}
    for chunk in snapshot.chunks.values():
        if not is_reference(chunk):
            texts[snapshot.articles[chunk.article_id].language].append(chunk.text)
    borrowed = known | frozenset(word for text in texts["en"] for word in words(text))
    return {
        "en": Spelling(texts["en"], known),
        "es": Spelling([*texts["es"], *names.spoken("es")], borrowed, "es"),
    }
