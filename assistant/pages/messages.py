"""The shapes of the JSON API: what a website sends, and what it gets back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from assistant.pages.conversation import KEPT
from assistant.pages.drawing import text_fragment
from assistant.settings import wording
from assistant.types import Answer, Kind, Label, Language, Role


def _whole(value: Any) -> Any:
    """Text without half characters, which a browser can send and UTF-8 can't carry.

    Mended rather than refused: the rest of the message may ask for help.
    """
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(value: Any) -> Any:
    """3.0 as 3: in JSON they are the same number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _newest(value: Any) -> Any:
    """The end of a long history: triage reads every message, and a million bytes hold thousands.

    Cut rather than refused: the message itself may ask for help.
    """
    return value[-KEPT:] if isinstance(value, list) else value


Text = Annotated[str, BeforeValidator(_whole)]
Count = Annotated[int, Field(ge=0, le=1000), BeforeValidator(_count)]


class _Sent(BaseModel):
    model_config = ConfigDict(strict=True)


class Said(_Sent):
    """An earlier message of the conversation."""

    role: Role
    text: Text


class Ask(_Sent):
    """A visitor's message."""

    message: Text = Field(description="What the visitor typed.")
    history: Annotated[list[Said], BeforeValidator(_newest)] = Field(
        default=[],
        description="The conversation so far, oldest first; the newest hundred messages are read. "
        "It helps to understand a follow-up and is never evidence. Send it: an earlier message "
        "about a crisis keeps the card in view.",
    )
    language: Language | None = Field(
        default=None, description="Of your page; used where the message does not tell."
    )
    cards_shown: Count = Field(
        default=0,
        description="How many crisis cards this visit has had, so that the next is worded afresh.",
    )


class TopicsAsked(_Sent):
    """Which language the topics shall be in; that of the browser when it is not said."""

    language: Language | None = None


class _Given(BaseModel):
    """Built from the values of `assistant.types`, field by field."""

    model_config = ConfigDict(from_attributes=True)


class Link(_Given):
    """Something to tap: a telephone, text-message or web link."""

    text: str
    href: str


class HelpCard(_Given):
    """Show this first and keep it in view: the visitor, or somebody else, may be in danger."""

    label: Label
    language: Language
    title: str
    paragraphs: list[str]
    actions: list[Link]
    closing: str


class Publication(_Given):
    """A publication that the article cites."""

    text: str
    doi: str
    url: str


class Source(_Given):
    """Where an excerpt stands: `quote` is exactly `body[start:end]` of the live article."""

    number: int
    article_id: str
    title: str
    url: str
    heading_path: list[str]
    quote: str
    start: int
    end: int
    approved_on: date
    references: list[Publication]

    @computed_field(description="The published article, scrolled to the quote; may be empty.")  # type: ignore[prop-decorator]
    @property
    def link(self) -> str:
        return text_fragment(self.url, self.quote)


class Quotation(_Given):
    """A statement to show, and the number of the source that carries it."""

    text: str
    citation: int


class Reply(_Given):
    """Everything that one reply consists of. Show all of it, the card first, the referral always.

    `text` is the same as one plain text, for those who want nothing else.
    """

    kind: Kind
    label: Label = Field(validation_alias=AliasPath("triage", "label"))
    sensitive: bool = Field(validation_alias=AliasPath("triage", "sensitive"))
    language: Language
    text: str
    card: HelpCard | None
    lead: str
    excerpts: list[Quotation]
    citations: list[Source]
    note: str
    referral: str
    actions: list[Link]
    suggestions: list[str]
    generation: str = Field(validation_alias="generation_id")

    @computed_field(description="Keep it on the screen all the time.")  # type: ignore[prop-decorator]
    @property
    def notice(self) -> str:
        notice: str = wording(self.language)["page"]["notice"]
        return notice

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls.model_validate(answer)


class Topics(_Given):
    """What to show before the first question: the notices, and questions that have an answer."""

    language: Language
    practice: str
    notices: list[str]
    sample_note: str = Field(description="Not empty while demonstration articles are live.")
    topics: list[str]


class Problem(_Given):
    """A part of the request that has to be mended."""

    field: str
    problem: str


class Help(_Given):
    text: str
    actions: list[Link]


class Failure(_Given):
    """Why there is no reply. Show `message` and `help` to the visitor; `problems` are for you."""

    code: str
    message: str
    problems: list[Problem]
    help: Help
    language: Language
