"""Typed settings from the environment, and the wording and practice files that people edit."""

from __future__ import annotations

import logging
import os
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assistant.types import Language, SettingsError

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).resolve().parent / "data"

DEFAULT_EMBEDDER = "all-MiniLM-L6-v2"

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?")

# Nothing of ours or of the libraries' calls home. Set before those libraries are imported.
QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "LANGSMITH_TRACING": "false",
}


def hush() -> None:
    """Turns off telemetry and downloads, unless the operator has set a variable otherwise."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


class Settings(BaseSettings):
    """Every setting of the program; each is read from `ASSISTANT_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", extra="ignore")

    corpus: Path = ROOT / "corpus"
    """Folder with articles/, references.bib, practice.toml and golden.toml."""

    store: str = str(ROOT / ".store")
    """A folder, or the URL of a Chroma server (http://host:8000)."""

    embedding_model: str = DEFAULT_EMBEDDER
    """A sentence-transformers model name or folder. The default comes as a package."""

    reader_model: str = ""
    """Another sentence-transformers CrossEncoder, by name or folder, instead of the trained one."""

    reader_threshold: float = Field(default=0.83, gt=0, lt=1)
    """The least score at which that other reader's finding is shown; see docs/reader.md."""

    answerer: Literal["extractive", "generative"] = "extractive"
    """`generative` also needs `chat_model`."""

    chat_model: str = ""
    """A LangChain model name, for instance `openai:gpt-4o-mini`."""

    chat_url: str = ""
    """Where the chat model is served, if not at its provider: http://127.0.0.1:8080/v1"""

    max_question_chars: int = Field(default=2000, ge=200, le=20_000)
    """Longer questions are not searched for. They are still read for signs of a crisis."""

    questions_per_minute: int = Field(default=20, ge=1)
    """For one visitor. Crisis cards are never held back."""

    keep_generations: int = Field(default=5, ge=1)
    """How many publications stay available for rolling back."""

    allowed_origins: Annotated[list[str], NoDecode] = []
    """Websites that may show the chat in a page of theirs: https://a.example https://b.example"""

    desk: bool = False
    """Whether the editors' page is served, at /desk."""

    desk_code: SecretStr = SecretStr("")
    """Opens that page where no login is configured. At least 12 characters."""

    desk_editors: Annotated[list[str], NoDecode] = []
    """Who may use that page where a login is configured: their mail addresses."""

    @field_validator("desk_editors", mode="before")
    @classmethod
    def _addresses(cls, value: str | list[str]) -> list[str]:
        items = re.split(r"[\s,]+", value) if isinstance(value, str) else value
        return [item.lower() for item in items if item]

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _origins(cls, value: str | list[str]) -> list[str]:
        items = re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value
        origins = [item.rstrip("/") for item in items if item]
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError("an origin looks like https://www.example.org, with no path")
        return origins


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment; keyword arguments that are not None win.

    Raises SettingsError naming the variable and the value.
    """
    try:
        return Settings(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = "ASSISTANT_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name} is {first['input']!r}: {first['msg'].lower()}.") from error


class Practice(BaseModel):
    """What the assistant may say about the practice. What is empty is never invented."""

    model_config = ConfigDict(extra="forbid")

    name: str = "the practice"
    states: list[str] = []
    phone: str = ""
    booking_url: str = ""
    website: str = ""
    email: str = ""
    address: str = ""
    hours: str = ""
    insurance: str = ""
    telehealth: str = ""
    new_patients: str = ""
    fees: str = ""
    cards: Any = {}
    """The practice's own words for crisis cards, as in cards.toml. Unusable ones are ignored, so
    nothing in them may stop the program."""

    @field_validator("booking_url", "website")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("a web address starts with https://")
        return value


def load_practice(corpus: Path) -> Practice:
    """`practice.toml` of the corpus; everything unknown when there is no such file.

    Raises SettingsError naming the file, the line or key, and what is wrong with it.
    """
    path = corpus / "practice.toml"
    if not path.exists():
        return Practice()
    try:
        return Practice(**read_toml(path))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"{path.name}: `{key}` is {first['input']!r}: {first['msg'].lower()}.",
            hint="Correct it, or delete the line: what is not given is not shown.",
        ) from error


class PracticeFile:
    """The practice's details as they stand in the file now; while it is broken, as before."""

    def __init__(self, corpus: Path) -> None:
        self._corpus = corpus
        self._state: tuple[int, int] | None = None
        self._practice = Practice()

    def read(self) -> Practice:
        """Never raises: a slip in the file must neither take the telephone number off the page nor,
        where the program starts with it, keep the crisis cards from being there.
        """
        state = self._looked_at()
        if state != self._state:
            self._state = state
            try:
                self._practice = load_practice(self._corpus)
            except (SettingsError, OSError) as error:
                log.error("practice.toml is not read: %s", error)
        return self._practice

    def _looked_at(self) -> tuple[int, int] | None:
        try:
            found = (self._corpus / "practice.toml").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def read_toml(path: Path) -> dict[str, Any]:
    """The table in a TOML file. Raises SettingsError naming the file and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        hint = f"Correct {path.name}, and try again."
        raise SettingsError(f"{path.name} can't be read: {error}.", hint=hint) from error


@cache
def wording(language: Language) -> dict[str, Any]:
    """The catalogue of everything that the program says to visitors, in one language."""
    table: dict[str, Any] = read_toml(DATA / "wording.toml")[language]
    return table
