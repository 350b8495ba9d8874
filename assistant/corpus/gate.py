"""The approval gate: front matter decides what may go live."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import Any

import yaml

from assistant.text.folding import clean

STATUSES = ("approved", "draft", "retired")
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*$")
_FENCE = re.compile(
    r"\A(?:[ \t]*\n)*---[ \t]*\n(.*?)(?:\n)?^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_HYPHENS = re.compile(r"[ \t]*[-–—]+[ \t]*")  # "----", and the dash that Word makes of ---
MAX_FRONT_MATTER = 10_000  # characters
_FREE_TEXT = ("title", "approved_by", "author")
_CURLY = "“”„"


class NotAllowed(Exception):
    """Why a file may not go live, and the line that says so, or the metadata key."""

    def __init__(
        self,
        reason: str,
        line: int | None = None,
        *,
        key: str = "",
        chosen: str = "",
        article_id: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.key = key
        self.chosen = chosen  # the status, where that alone keeps the file off the site
        self.article_id = article_id  # which article that is about


@dataclass(frozen=True, slots=True)
class Metadata:
    """The `name: value` pairs about an article, and the line on which each stands."""

    values: Mapping[str, Any]
    lines: Mapping[str, int]
    first_line: int = 1
    file: str = ""  # where it stands, if not in the article itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What front matter says, checked."""

    title: str
    approved_by: str
    approved_on: date
    review_by: date
    id: str
    url: str
    author: str
    published: date | None
    language: str
    sample: bool


def split_front_matter(text: str) -> tuple[Metadata, str, int]:
    """Metadata, body, and the line on which the body starts.

    Raises NotAllowed where there is none, or where it is not plain YAML.
    """
    fence = _FENCE.match(text)
    if not fence:
        raise _without_fence(text)
    return (
        parse_yaml(fence.group(1), first_line=1 + text.count("\n", 0, fence.start(1))),
        text[fence.end() :],
        1 + text[: fence.end()].count("\n"),
    )


def _without_fence(text: str) -> NotAllowed:
    """Which of the two lines --- around the front matter is missing, or written otherwise."""
    lines = [line for line in enumerate(text.split("\n"), start=1) if line[1].strip()]
    if not lines or not _HYPHENS.fullmatch(lines[0][1]):
        return NotAllowed(
            "it has no front matter. Begin the file with a line ---, then title, status, "
            "approved_by, approved_on and review_by, then a line ---",
            1,
        )
    for number, line in [line for line in lines if _HYPHENS.fullmatch(line[1])][:2]:
        if line.rstrip() != "---":
            return NotAllowed(
                f"this line is {line!r}. Write three hyphens and no more: ---", number
            )
    return NotAllowed(
        "its front matter has no end. Write a second line --- below title, status, approved_by, "
        "approved_on and review_by",
        lines[0][0],
    )


def has_front_matter(text: str) -> bool:
    """Whether the file begins with metadata of its own."""
    return bool(_FENCE.match(text))


def parse_yaml(text: str, *, first_line: int = 1) -> Metadata:
    """A YAML table of plain values; nothing in it can run. Raises NotAllowed with the line."""
    if len(text) > MAX_FRONT_MATTER:
        raise NotAllowed(f"its front matter has {len(text)} characters; {MAX_FRONT_MATTER} at most")
    try:
        _refuse_anchors(text, first_line)
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise NotAllowed("its front matter is not a list of `name: value` lines", first_line)
        return _table(loader, node, text, first_line)
    except RecursionError:
        raise NotAllowed("its front matter has brackets inside brackets. Remove them") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it can't be read"
        raise NotAllowed(
            f"its front matter is not valid YAML: {problem}. {_advice(text, mark)}",
            first_line + mark.line if mark else None,
        ) from error


def _refuse_anchors(text: str, first_line: int) -> None:
    """Raises NotAllowed for &name and *name: a few lines of them can stand for gigabytes."""
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
            sign = "&" if isinstance(token, yaml.AnchorToken) else "*"
            raise NotAllowed(
                f"`{sign}{token.value}` would be read as a YAML anchor. Put the value in quotes",
                first_line + token.start_mark.line,
            )


def _advice(text: str, mark: yaml.Mark | None) -> str:
    """What to write instead of the line that YAML does not understand."""
    line = _line_of(text, mark) if mark else ""
    if any(sign in line for sign in _CURLY):
        return 'Write straight quotes (") instead of curly ones'
    return "Use spaces instead of tabs, and put a value that contains : * & @ or [ in quotes"


def _line_of(text: str, mark: yaml.Mark) -> str:
    """The line in which YAML stood; at the end of the text, the last one."""
    lines = text.split("\n")
    return lines[min(mark.line, len(lines) - 1)]


def _refuse_misread(key: str, node: yaml.Node, text: str, line: int) -> None:
    """Raises NotAllowed where YAML sees less or more in an unquoted value than the author meant."""
    if not isinstance(node, yaml.ScalarNode) or node.style is not None:
        return
    rest = _line_of(text, node.end_mark)[node.end_mark.column :]
    if key in _FREE_TEXT and rest.lstrip().startswith("#"):
        raise NotAllowed(
            f"`{key}` is read only up to the #, as {node.value!r}. Put the whole value in quotes",
            line,
        )
    if node.value[:1] in _CURLY and node.value[-1:] in _CURLY and node.value:
        raise NotAllowed(
            f'`{key}` stands in curly quotes: {node.value}. Write straight ones: "…"', line
        )


def _table(loader: yaml.SafeLoader, node: yaml.MappingNode, text: str, first_line: int) -> Metadata:
    """Key by key, so that each has its line and none can quietly replace another."""
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        key = clean(str(loader.construct_object(key_node, deep=True)))
        line = first_line + key_node.start_mark.line
        if key in values:
            raise NotAllowed(
                f"`{key}` stands here again, after line {lines[key]}. Keep one of them", line
            )
        lines[key] = line
        _refuse_misread(key, value_node, text, line)
        try:
            values[key] = loader.construct_object(value_node, deep=True)
        except (ValueError, OverflowError):  # the thirtieth of February, for instance
            raise NotAllowed(
                f"`{key}` is {value_node.value!r}, which is no date or number there is", line
            ) from None
    return Metadata(values, lines, first_line)


def approval(metadata: Metadata, stem: str, today: date) -> Approval:
    """The approval that metadata gives. Raises NotAllowed when the article may not go live."""
    try:
        return _approval(metadata.values, stem, today)
    except NotAllowed as error:
        meant = [key for key in metadata.lines if _slip_of(key, error.key, metadata)]
        error.line = metadata.lines.get(meant[0] if meant else error.key, metadata.first_line)
        error.reason += f" (line {error.line} says `{meant[0]}`)" if meant else ""
        error.reason = (f"in {metadata.file}: " if metadata.file else "") + error.reason
        raise


def _slip_of(key: str, wanted: str, metadata: Metadata) -> bool:
    """Whether a key looks like a slip of the finger for one that is missing."""
    near = SequenceMatcher(None, spelled(key), wanted).ratio() > 0.8
    return near and key not in KEYS and wanted not in metadata.lines


def spelled(key: str) -> str:
    """A key as the gate spells keys: `Review by` and `review-by` are `review_by`."""
    return re.sub(r"[\s-]+", "_", key.strip()).casefold()


def _approval(metadata: Mapping[str, Any], stem: str, today: date) -> Approval:
    _keys(metadata)
    _status(metadata, stem)
    title = _text(metadata, "title", required=True)
    approved_by = _text(metadata, "approved_by", required=True)
    approved_on, review_by = _days_of_approval(metadata, today)
    return Approval(
        title=title,
        approved_by=approved_by,
        approved_on=approved_on,
        review_by=review_by,
        id=_id(metadata, stem),
        url=_url(metadata),
        author=_text(metadata, "author"),
        published=_day(metadata, "published"),
        language=_language(metadata),
        sample=_sample(metadata),
    )


# What front matter may hold.
KEYS = (*(field.name for field in fields(Approval)), "status", "retracted")


def _keys(metadata: Mapping[str, Any]) -> None:
    """Raises NotAllowed for `Sample` and the like: unread, it would count as not written."""
    for key in metadata:
        if key not in KEYS and spelled(key) in KEYS:
            raise NotAllowed(f"`{key}` is not read. Write `{spelled(key)}`", key=key)


def _status(metadata: Mapping[str, Any], stem: str) -> None:
    """Raises NotAllowed unless the article is marked as approved, and as nothing else."""
    status = str(metadata.get("status") or "").strip().lower()
    if not status:
        raise NotAllowed(
            "`status` is missing. Write `status: approved` once it is approved", key="status"
        )
    if status not in STATUSES:
        raise NotAllowed(f"`status` is {status!r}. Write approved, draft or retired", key="status")
    if metadata.get("retracted"):
        raise NotAllowed(
            "it is marked as retracted. Write `status: retired`, or remove this line once it may "
            "be shown again",
            key="retracted",
        )
    if status != "approved":
        raise NotAllowed(
            f"its status is {status}. Write `status: approved` "
            f"{'to bring it back' if status == 'retired' else 'once it may be shown'}",
            key="status",
            chosen=status,
            article_id=_id(metadata, stem),
        )


def _days_of_approval(metadata: Mapping[str, Any], today: date) -> tuple[date, date]:
    """`approved_on` and `review_by`. Raises NotAllowed when today lies outside of them."""
    approved_on, review_by = _day(metadata, "approved_on"), _day(metadata, "review_by")
    if approved_on is None or review_by is None:
        missing = "approved_on" if approved_on is None else "review_by"
        raise NotAllowed(
            f"`{missing}` is missing. Write a date, for instance {missing}: 2027-01-31", key=missing
        )
    if approved_on > today:
        raise NotAllowed(
            f"`approved_on` is {approved_on}, which is in the future. Write the day on which it "
            "was approved",
            key="approved_on",
        )
    if review_by <= approved_on:
        raise NotAllowed(
            f"`review_by` ({review_by}) is not after `approved_on` ({approved_on}). Correct one of "
            "them",
            key="review_by",
        )
    if review_by <= today:
        raise NotAllowed(
            f"it was due for review on {review_by}. Review it, then set a new `review_by`",
            key="review_by",
        )
    return approved_on, review_by


def _text(metadata: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    value = metadata.get(key)
    if value is None or not str(value).strip():
        if required:
            raise NotAllowed(f"`{key}` is missing. Write it as a line `{key}: …`", key=key)
        return ""
    if isinstance(value, bool):  # `approved_by: no` would be approved by somebody named False
        raise NotAllowed(f"`{key}` is only a yes or no. Write a text, in quotes", key=key)
    if isinstance(value, dict | list):
        raise NotAllowed(f"`{key}` is not a simple text. Put the value in quotes", key=key)
    text = " ".join(clean(str(value)).split())
    if len(text) > 300:
        raise NotAllowed(f"`{key}` has {len(text)} characters. Shorten it to 300", key=key)
    return text


def _day(metadata: Mapping[str, Any], key: str) -> date | None:
    value = metadata.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise NotAllowed(
            f"`{key}` is {value!r}. Write a date as year-month-day, for instance 2027-01-31",
            key=key,
        ) from None


def _id(metadata: Mapping[str, Any], stem: str) -> str:
    given = _text(metadata, "id")
    if given and not ID.match(given):
        raise NotAllowed(f"`id` is {given!r}. Use small letters, digits and hyphens", key="id")
    id_ = given or id_of_name(stem)
    if not id_:
        raise NotAllowed("its file name has no letters or digits. Rename it, or give it an `id`")
    return id_[:120]


def id_of_name(stem: str) -> str:
    """The id of an article that has no `id`, after its file's name without the ending."""
    plain = unicodedata.normalize("NFKD", stem.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:120]


def _url(metadata: Mapping[str, Any]) -> str:
    url = _text(metadata, "url")
    if url and not re.match(r"https?://[^\s<>\"']+$", url):
        raise NotAllowed(
            f"`url` is {url!r}. Write the whole address, beginning with https://", key="url"
        )
    return url


def _sample(metadata: Mapping[str, Any]) -> bool:
    value = metadata.get("sample")
    if value is not None and not isinstance(value, bool):
        raise NotAllowed(
            f"`sample` is {value!r}. Write true or false, without quotes", key="sample"
        )
    return bool(value)


def _language(metadata: Mapping[str, Any]) -> str:
    language = _text(metadata, "language") or "en"
    if language not in ("en", "es"):
        raise NotAllowed(f"`language` is {language!r}. Write en or es", key="language")
    return language
