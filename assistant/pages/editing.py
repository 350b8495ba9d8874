"""What editors do at the content desk. The page draws it; the command line does the same."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from threading import Thread

import yaml

from assistant import publishing
from assistant.models import embedder_set, load_embedder, load_reader
from assistant.pipeline import Assistant
from assistant.publishing import Progress, Publication, Return
from assistant.settings import Settings
from assistant.store import Store, open_store
from assistant.types import (
    Activation,
    Article,
    AssistantError,
    Embedder,
    Passage,
    PublishReport,
    Reader,
    Reference,
)

DUE_SOON = timedelta(days=60)
VERBS = ("added", "changed", "removed")  # as they are called in a report


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How an article in the corpus differs from the live one; lines as `diff -u` writes them, those
    of its front matter and references first.
    """

    id: str
    title: str
    verb: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A passage that the search found for a question, and why it would or would not be shown."""

    article_id: str
    title: str
    heading_path: tuple[str, ...]
    text: str
    score: float
    why: str


class Work:
    """A publication, or a rehearsal of one, on a thread of its own.

    A click ends the page's script at its next call of Streamlit, and would end a publication in it:
    the second half of a double click would undo the first.
    """

    def __init__(self, task: Callable[[Progress], PublishReport]) -> None:
        self.reached = ("starting", 0, 1)
        self._report: Future[PublishReport] = Future()
        self._thread = Thread(target=self._do, args=[task], name="publication", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finished(self, *, within: float) -> bool:
        """Whether it is over, looked at for so many seconds."""
        return bool(wait([self._report], timeout=within).done)

    def report(self) -> PublishReport:
        """What came of it. Raises what the publication raised."""
        return self._report.result()

    def _do(self, task: Callable[[Progress], PublishReport]) -> None:
        try:
            self._report.set_result(task(self._progress))
        except BaseException as error:  # else whoever waits would wait for ever
            self._report.set_exception(error)

    def _progress(self, what: str, done: int, total: int) -> None:
        self.reached = (what, done, total)


class Desk:
    """The store and the corpus as one editor sees them."""

    def __init__(
        self,
        settings: Settings,
        assistant: Assistant,
        *,
        by: str = "",
        embedder: Embedder | None = None,
        reader: Reader | None = None,
        today: date | None = None,
    ) -> None:
        self.settings = settings
        self.by = by
        self._assistant = assistant
        self._store = _store(settings.store)
        self._looking = _store(settings.store, only_looking=True)
        self._embedder = embedder
        self._reader = reader
        self._today = today

    @property
    def today(self) -> date:
        return self._today or date.today()

    # --- what is live ------------------------------------------------------------------------

    def live(self) -> tuple[Activation | None, dict[str, Article]]:
        """The latest activation and the live articles; None and no articles before the first."""
        history = self._store.history()
        return (history[0], self._store.live().articles) if history else (None, {})

    def history(self) -> list[tuple[Activation, bool]]:
        """All activations, newest first, and whether each can be brought back."""
        kept = {generation.id for generation in self._store.generations()}
        return [(entry, entry.generation_id in kept) for entry in self._store.history()]

    def due(self) -> list[Article]:
        """Live articles to be reviewed within 60 days, or overdue, the most urgent first."""
        _, articles = self.live()
        soon = [a for a in articles.values() if a.review_by - self.today <= DUE_SOON]
        return sorted(soon, key=lambda article: (article.review_by, article.id))

    # --- what would change -------------------------------------------------------------------

    def check(self, *, skip_golden: bool = False) -> PublishReport:
        """What a publication would change and complain about."""
        return publishing.check(self.settings, self._store, self.today, skip_golden=skip_golden)

    def changes(self) -> tuple[PublishReport, list[Difference]]:
        """The same, and article by article: both of one reading, so that they agree."""
        report, articles = publishing.examine(self.settings, self._store, self.today)
        new = {article.id: article for article in articles}
        try:
            _, old = self.live()
        except AssistantError:
            old = {}
        verbs = {key: verb for verb in VERBS for key in getattr(report, verb)}
        return report, [
            Difference(
                id=key,
                title=(new.get(key) or old[key]).title,
                verb=verb,
                lines=tuple(_diff(old.get(key), new.get(key))),
            )
            for key, verb in sorted(verbs.items())
        ]

    def rehearse(self, progress: Progress) -> PublishReport:
        """The golden questions before and after, as a publication would find them; changes nothing.

        Raises AssistantError as publishing does.
        """
        return publishing.publish(self._publication(progress, trial=True))

    # --- what is done ------------------------------------------------------------------------

    def publish(self, progress: Progress, *, skip_golden: bool = False) -> PublishReport:
        """Publishes the corpus. Raises AssistantError, with the old generation still live."""
        return publishing.publish(self._publication(progress, skip_golden=skip_golden))

    def roll_back(self, generation_id: str, *, trial: bool = False) -> Return:
        """Makes an earlier generation live, and tells what that changes; a trial only tells.

        Raises AssistantError when it can't be.
        """
        return publishing.rollback(
            # Looking at old generations must not close the one that is being published.
            self._looking if trial else self._store,
            generation_id,
            by=self.by,
            embedder=self._embedder.fingerprint if self._embedder else embedder_set(self.settings),
            corpus=publishing.corpus_today(self.settings.corpus, self.today),
            trial=trial,
        )

    def _publication(
        self, progress: Progress, *, trial: bool = False, skip_golden: bool = False
    ) -> Publication:
        return Publication(
            settings=self.settings,
            store=self._store,
            embedder=self._embedder or load_embedder(self.settings),
            reader=self._reader,
            progress=progress,
            skip_golden=skip_golden,
            trial=trial,
            by=self.by,
            today=self._today,
        )

    # --- the retrieval bench -----------------------------------------------------------------

    def bench(self, question: str) -> list[Candidate]:
        """What is read for a question, the likeliest answer first, and why.

        Raises AssistantError when nothing is live.
        """
        library = self._assistant.library()
        reader = self._reader or load_reader(self.settings)
        passages = library.retriever.retrieve(question, today=self.today)
        asked = library.question(question)
        ranked = self._assistant.finder().rank(asked, passages, library.articles)
        return [
            Candidate(
                article_id=passage.chunk.article_id,
                title=library.articles[passage.chunk.article_id].title,
                heading_path=passage.chunk.heading_path,
                text=passage.chunk.text,
                score=passage.reader_score,
                why=_why(passage, reader.threshold),
            )
            for passage in ranked
        ]


@cache
def _store(location: str, *, only_looking: bool = False) -> Store:  # noqa: ARG001 - what is cached
    """One of each a process: Streamlit runs a page's file, and opens a desk, for every action."""
    return open_store(location)


def _why(passage: Passage, threshold: float) -> str:
    by_meaning = f"{_th(passage.dense_rank)} by meaning" if passage.dense_rank else ""
    by_words = f"{_th(passage.lexical_rank)} by words" if passage.lexical_rank else ""
    noted = f"by the noted question “{passage.noted[0].question}”" if passage.noted else ""
    found = " and ".join(filter(None, [by_meaning, by_words, noted]))
    answers = passage.reader_score >= threshold
    verdict = "answers" if answers else "does not answer"
    sign = "≥" if answers else "<"
    return f"Found {found}. It {verdict}: {passage.reader_score:.2f} {sign} {threshold:.2f}."


def _th(rank: int | None) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(rank or 0, f"{rank}th")


def _diff(before: Article | None, after: Article | None) -> list[str]:
    facts = _lines_apart(_facts(before), _facts(after), around=0)
    old = before.body.splitlines() if before else []
    new = after.body.splitlines() if after else []
    found = [line for line in facts if not line.startswith("@@")]
    found += _lines_apart(old, new, around=1)
    return found or ["Only something in its front matter that is shown nowhere has changed."]


def _lines_apart(old: Sequence[str], new: Sequence[str], *, around: int) -> list[str]:
    return list(difflib.unified_diff(old, new, lineterm="", n=around))[2:]  # without file names


def _facts(article: Article | None) -> list[str]:
    """What an article is besides its body, one line each."""
    if article is None:
        return []
    shown = [f"{name}: {getattr(article, name)}" for name in _SHOWN if getattr(article, name)]
    references = [_listed(reference) for reference in article.references]
    noted = [f"question: {n.question} → {article.body[n.start : n.end]}" for n in article.noted]
    return [*shown, *references, *noted]


def _listed(reference: Reference) -> str:
    link = reference.url or (f"https://doi.org/{reference.doi}" if reference.doi else "no DOI")
    return f"reference: {reference.text} → {reference.title or 'no title'}, {link}"


def note(question: str) -> str:
    """What to write into an article's file of questions, so that a sentence answers this one."""
    return f"{_NOTE}\n\n- {question.strip()}\n"


def new_article(title: str, *, author: str = "", language: str = "en", url: str = "") -> str:
    """A draft with front matter that the gate understands, for the editor to write into."""
    facts = {
        "title": title.strip(),
        "status": "draft",
        "approved_by": "",
        "approved_on": None,
        "review_by": None,
        "author": author.strip(),
        "url": url.strip(),
        "language": language,
    }
    needed = {key: value for key, value in facts.items() if value or key in _ALWAYS}
    front = yaml.safe_dump(needed, allow_unicode=True, sort_keys=False).replace(": null", ":")
    return f"---\n{front}---\n\n{_SKELETON}"


def file_name(title: str, taken: Sequence[str] = ()) -> str:
    """A file name made of the title's words, unlike those that are taken."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in title.lower()).split()
    stem = "-".join(words)[:60].strip("-") or "article"
    names = [f"{stem}.md", *(f"{stem}-{number}.md" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


_SHOWN = (
    "title",
    "url",
    "author",
    "published",
    "approved_by",
    "approved_on",
    "review_by",
    "language",
    "sample",
)
_ALWAYS = ("title", "status", "approved_by", "approved_on", "review_by", "language")
_NOTE = "> (the sentence of the article that answers it, word by word)"
_SKELETON = """Say in two or three sentences what this article is about.

## A question that readers ask?

Answer it in sentences that can stand alone (Author et al., 2020).

## References

Author, A. et al. (2020). Title. Journal, 1, 1-2. doi:10.0000/example
"""
