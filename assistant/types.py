"""The vocabulary: what the assistant talks about, as plain immutable values.

Nouns live here, verbs are functions in the layers above. Standard library only, so that every
module may import it and it can import none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal, Protocol

Role = Literal["user", "assistant"]
Language = Literal["en", "es"]
Label = Literal[
    "crisis",  # the visitor may be at risk of suicide or self-harm
    "crisis_other",  # somebody else may be
    "emergency",  # overdose, medical emergency, dangerous reaction
    "danger",  # harm to others, abuse, violence
    "personal_advice",  # one's own dose, drug, diagnosis or choice of treatment
    "practice",  # booking, phone, hours, insurance, fees
    "small_talk",
    "off_topic",
    "information",
]
Severity = Literal["error", "warning", "note"]
Opinion = Literal[
    "helpful",
    "not_helpful",
    "not_my_question",  # the reasons for it, of which a visitor may give one
    "hard_to_read",
    "out_of_date",
    "seems_wrong",
]
Kind = Literal["answer", "no_answer", "safety", "practice", "small_talk", "unavailable"]

URGENT: frozenset[Label] = frozenset({"crisis", "crisis_other", "emergency", "danger"})

REMEMBERED = "remembered"  # among the rule ids: the urgency was voiced in an earlier turn

Vector = Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a text: `text` is exactly `source[start:end]`, counted in characters."""

    start: int
    end: int
    text: str


# --- what the content team publishes ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A publication that an article cites."""

    key: str
    text: str
    title: str = ""
    year: int | None = None
    doi: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A question that editors noted for a sentence of an article: `body[start:end]` answers it."""

    question: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as it stands in the corpus.

    `body` is Markdown whose blocks (headings, paragraphs, lists) are kept and whose inline markup
    is gone: the words are what a reader would see. All offsets in the program refer to it.
    """

    id: str
    title: str
    body: str
    approved_by: str
    approved_on: date
    review_by: date
    path: str
    content_hash: str
    status: str = "approved"
    url: str = ""
    author: str = ""
    published: date | None = None
    language: Language = "en"
    sample: bool = False
    references: tuple[Reference, ...] = ()
    noted: tuple[Noted, ...] = ()

    def in_date(self, today: date) -> bool:
        """An article serves through the day before its `review_by`."""
        return today < self.review_by

    @property
    def approval(self) -> dict[str, str]:
        """Who approved which article, when and until when; days as YYYY-MM-DD."""
        return {
            "id": self.id,
            "title": self.title,
            "approved_by": self.approved_by,
            "approved_on": self.approved_on.isoformat(),
            "review_by": self.review_by.isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A file that may not go live, and why, in words for the content team."""

    path: str
    reason: str
    line: int | None = None
    chosen: str = ""
    """`draft` or `retired` where the file itself says so: then there is nothing to mend."""
    article_id: str = ""
    """The article that this is said of; empty where nothing was chosen."""

    def __str__(self) -> str:
        return f"{self.path}{f', line {self.line}' if self.line else ''}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the linter says of a file: an error keeps it off the site, a note is for reading only.

    `rule` names the rule; `line` counts from 1, and is missing where a file has none (Word, PDF).
    """

    path: str
    rule: str
    message: str
    severity: Severity = "warning"
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}{f', line {self.line}' if self.line else ''}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of one section of an article: `text` is exactly `body[start:end]`."""

    id: str
    article_id: str
    heading_path: tuple[str, ...]
    text: str
    start: int
    end: int
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One publication, never changed after it is written."""

    id: str
    created_at: datetime
    embedder: str
    chunker: str
    article_hashes: Mapping[str, str]
    chunk_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """When a generation went live, how, and by whose hand: an entry of the store's diary."""

    generation_id: str
    at: datetime
    how: Literal["published", "rolled back"] = "published"
    by: str = ""
    golden: int = 0
    """How many golden questions it was tried on."""
    overridden: tuple[str, ...] = ()
    """The golden questions that failed, and that somebody chose to publish in spite of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What the site said from `activation.at` until `until`; still says, when that is None."""

    activation: Activation
    until: datetime | None
    generation: Generation
    articles: Mapping[str, Article]
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What a publication did, or would have done."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    golden: tuple[GoldenResult, ...] = ()
    generation: Generation | None = None
    activated: bool = False
    embedded: int = 0
    copied: int = 0
    obstacle: str = ""
    """Why nothing at all can be published; empty when something can."""

    @property
    def refused(self) -> tuple[Rejection, ...]:
        """Files that are kept off the site although they are not marked as draft or retired."""
        return tuple(rejection for rejection in self.rejected if not rejection.chosen)

    @property
    def complaints(self) -> tuple[Rejection | Finding, ...]:
        """What a strict publication does not pass over: refused files and warnings."""
        warnings = (finding for finding in self.findings if finding.severity == "warning")
        return (*self.refused, *warnings)

    @property
    def failed(self) -> tuple[str, ...]:
        """The golden questions that went wrong."""
        return tuple(result.question for result in self.golden if not result.passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenResult:
    """How a candidate generation did on one of the content team's golden questions."""

    question: str
    passed: bool
    reason: str = ""
    before: str = ""
    after: str = ""

    @property
    def changed(self) -> bool:
        """Whether the live generation says something else; unknown counts as the same."""
        return bool(self.before) and self.before != self.after


# --- what a visitor asks ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of the conversation so far. It helps to understand, and is never evidence."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A treatment that a question names: its names, and by what else a text may speak of it.

    A text that names what it is one of (`kinds`) may speak of it too, but not if it names one of
    the `others`: "antidepressants" may mean sertraline, "the antidepressant bupropion" does not.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was typed, the same made to stand alone, and stems of the subjects that it names.

    `language` is that of the conversation; None leaves it to the words. Where a second name was put
    beside one ("OCD (obsessive compulsive disorder)"), `by_one_name` is the question with the first
    alone, and with the second alone.
    """

    original: str
    standalone: str
    language: Language | None = None
    names: frozenset[str] = frozenset()
    treatments: tuple[Treatment, ...] = ()
    by_one_name: tuple[str, ...] = ()

    @property
    def wordings(self) -> tuple[str, ...]:
        """Every way to put it, for what must be matched word by word."""
        return (self.standalone, *self.by_one_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What kind of message this is, and the rules that said so."""

    label: Label
    sensitive: bool = False
    rule_ids: tuple[str, ...] = ()

    @property
    def urgent(self) -> bool:
        return self.label in URGENT

    @property
    def guessed(self) -> bool:
        """Whether no rule said so: then the conversation may tell better what is meant."""
        return all(":" in id_ for id_ in self.rule_ids)

    @property
    def remembered(self) -> bool:
        """Whether it is urgent because of an earlier message of the visitor."""
        return REMEMBERED in self.rule_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something to tap: a telephone, text-message or web link."""

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Fixed words for an urgent message; built from data alone, with no model and no store."""

    label: Label
    language: Language
    title: str
    paragraphs: tuple[str, ...]
    actions: tuple[Action, ...]
    closing: str

    @property
    def text(self) -> str:
        links = "\n".join(f"- {action.text}" for action in self.actions)
        return "\n\n".join([self.title, *self.paragraphs, links, self.closing])


# --- what the assistant finds and says -------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A retrieved chunk. Ranks count from 1, `None` where that search did not return it.

    `noted` are questions like the visitor's that sentences of the chunk answer, the likest first.
    """

    chunk: Chunk
    dense_rank: int | None = None
    lexical_rank: int | None = None
    noted: tuple[Noted, ...] = ()
    fused_score: float = 0.0
    reader_score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where an excerpt stands: `quote` is exactly `body[start:end]` of the live article."""

    number: int
    article_id: str
    title: str
    url: str
    heading_path: tuple[str, ...]
    quote: str
    start: int
    end: int
    approved_on: date
    language: Language = "en"  # of the article, which need not be that of the reply
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A statement shown to the visitor, and the number of the citation that carries it."""

    text: str
    citation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything that one reply consists of.

    `text` is all that the visitor would read, in order: card, lead, excerpts, note, referral,
    suggestions.
    """

    kind: Kind
    triage: Triage
    text: str = ""
    referral: str = ""
    lead: str = ""
    excerpts: tuple[Excerpt, ...] = ()
    citations: tuple[Citation, ...] = ()
    note: str = ""
    suggestions: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    card: Card | None = None
    language: Language = "en"
    generation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether questions can be answered now, and in the operator's words why not."""

    ok: bool
    reason: Literal["ok", "no_store", "empty", "corrupt", "mismatch", "model", "unreachable"] = "ok"
    message: str = ""


# --- what can be exchanged by setting --------------------------------------------------------


class Embedder(Protocol):
    """Turns text into unit vectors; a LangChain `Embeddings` that knows its own name."""

    @property
    def fingerprint(self) -> str:
        """Names model and weights: vectors of different fingerprints never meet."""

    @property
    def dimension(self) -> int: ...

    def embed_documents(self, texts: list[str]) -> list[list[float]]: ...

    def embed_query(self, text: str) -> list[float]: ...


class Reader(Protocol):
    """Judges whether a text answers a question, which is more than being about it."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def threshold(self) -> float:
        """The least probability at which an answer is worth the risk of being wrong."""

    def score(
        self,
        question: str,
        texts: Sequence[str],
        *,
        at_most: int | None = None,
        language: Language | None = None,
    ) -> list[float]:
        """Probability (0..1) that each text answers the question, in the order given.

        `language` is the question's, where its words may not tell it. With `at_most`, the texts
        come in the order of the search, and a reader may leave all but the likeliest so many
        unread: those get 0.
        """

    def score_noted(
        self, question: str, noted: Sequence[tuple[str, str]], *, language: Language | None = None
    ) -> list[float]:
        """The same for texts that editors noted another question for: pairs of that and the text.

        On one scale with `score`. Of many, those with a question unlike this one may get 0 unread.
        """

    def prepare(self, texts: Sequence[str]) -> None:
        """Works out ahead what can be known of live texts, and of questions noted for them."""


class Answerer(Protocol):
    """Chooses or writes the statements of an answer from passages that were retrieved."""

    def answer(
        self, question: Question, passages: Sequence[Passage], articles: Mapping[str, Article]
    ) -> Sequence[tuple[Excerpt, Citation]]:
        """Excerpts in reading order; empty when nothing answers."""


# --- what goes wrong -------------------------------------------------------------------------


class AssistantError(Exception):
    """The message names the value and the cause, `hint` the next step."""

    retryable: ClassVar[bool] = False
    hint: str = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} {self.hint}".rstrip()


class SettingsError(AssistantError):
    hint = "Correct the setting and start again."


class ModelUnavailable(AssistantError):
    hint = "Install the requirements again: pip install -r requirements.txt"


class StoreMissing(AssistantError):
    hint = "Publish the articles first: python ingest.py"


class StoreCorrupt(AssistantError):
    hint = "If it is what is live, publish again: python ingest.py writes it anew"


class StoreMismatch(AssistantError):
    """The store was built with another embedding model; its vectors mean nothing to this one."""

    hint = "Set the embedding model back, or publish again with this one: python ingest.py"


class StoreUnreachable(AssistantError):
    retryable = True
    hint = "Check that the Chroma server is running and that its address is right."


class StoreUnwritable(AssistantError):
    """The disk is full or read-only; nothing that is live has been touched."""

    hint = (
        "What was live is still live. Free some space or correct the permissions, then run the "
        "command again."
    )


class GenerationGone(AssistantError):
    """A generation was pruned while somebody was reading it; the live one is there."""

    retryable = True
    hint = "Ask again."


class PublicationRunning(AssistantError):
    retryable = True
    hint = "Wait until it has finished, then run the command again."


class CorpusError(AssistantError):
    hint = "Correct the corpus folder and run python ingest.py --check"
