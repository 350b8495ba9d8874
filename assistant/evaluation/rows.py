"""Files of JSON lines, as questions and messages are kept in; what is wrong is told by its line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.types import AssistantError, Turn


class Row(dict[str, Any]):
    """A line of a file of JSON lines. What it lacks, it tells with the place where it stands."""

    place = "A row"

    def __missing__(self, key: str) -> Any:
        raise self.amiss(f"has no {key!r}", "Add it, or name another file.")

    def amiss(self, what: str, hint: str) -> AssistantError:
        """An error to raise: what is wrong with this row, and what to do."""
        return AssistantError(f"{self.place} {what}.", hint=hint)

    def first(self, *keys: str) -> Any:
        """The value of the first of these keys that the row has. Raises AssistantError."""
        return self[next((key for key in keys if key in self), keys[0])]

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        """The value of a key with few values. Raises AssistantError for any other."""
        value = self[key]
        if value not in allowed:
            raise self.amiss(f"has {key!r}: {value!r}", f"Write one of {', '.join(allowed)}.")
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts under a key, if there are any. Raises AssistantError where these are none."""
        found = self.get(key, [])
        if not isinstance(found, list) or not all(isinstance(t, str) and t.strip() for t in found):
            raise self.amiss(f"has {key!r}: {found!r}", 'Write it as ["…", "…"].')
        return tuple(found)

    def turns(self, key: str) -> tuple[Turn, ...]:
        """The conversation under a key, if there is one. Raises AssistantError."""
        try:
            turns = self.get(key) or ()
            return tuple(Turn(role=turn["role"], text=str(turn["text"])) for turn in turns)
        except (KeyError, TypeError):
            raise self.amiss(
                f"has a {key!r} that is not understood",
                'Write it as [{"role": "user", "text": "…"}, …], oldest first.',
            ) from None


def json_lines(path: Path) -> Iterator[Row]:
    """The objects in a file of JSON lines; empty lines are passed over.

    Raises AssistantError naming the file and the line.
    """
    try:
        with path.open("rb") as file:  # lines end where a byte says so, not at a U+2028 in a text
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _row(line, f"{path}, line {number}")
    except OSError as error:
        raise AssistantError(
            f"{path} can't be read: {error.strerror}.", hint="Name a file of JSON lines."
        ) from error


def _row(line: bytes, place: str) -> Row:
    hint = "Write one JSON object a line, in UTF-8."
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise AssistantError(f"{place} is not UTF-8: {error.reason}.", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise AssistantError(f"{place} is not JSON: {error}.", hint=hint) from error
    if not isinstance(found, dict):
        raise AssistantError(f"{place} is not a JSON object.", hint=hint)
    row = Row(found)
    row.place = place
    return row
