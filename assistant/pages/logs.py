"""Log lines of the server: one JSON object each, and never the words of an exception.

An exception's message may hold what a visitor typed, and Streamlit and uvicorn log exceptions
whole. So every record of the process loses them here, whoever writes it, before any handler.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.types import AssistantError


def place_of(error: BaseException) -> str:
    """The kind of an error and where it was raised, without its words."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"


def without_words(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A log record on one line, its exception told by kind and place."""
    record = logging.LogRecord(*args, **kwargs)
    record.msg = _wordless(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(_wordless(value) for value in record.args)
    elif record.args:  # values by name
        record.args = {name: _wordless(value) for name, value in record.args.items()}
    error = record.exc_info[1] if record.exc_info else None
    place = f" ({place_of(error)})" if error else ""
    record.msg, record.args = " ".join(_text(record).split()) + place, None
    record.exc_info = record.exc_text = record.stack_info = None
    return record


def _text(record: logging.LogRecord) -> str:
    """What the record says; without its values where they don't fit: code that writes a log line
    must not fail by it.
    """
    try:
        return record.getMessage()
    except Exception:
        return str(record.msg)


def _wordless(value: object) -> object:
    # Our own errors are written for the operator, and name settings and files only.
    if isinstance(value, BaseException) and not isinstance(value, AssistantError):
        return place_of(value)
    return value


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "message"}`, times in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {
            "time": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(fields, ensure_ascii=False)


def set_up() -> None:
    """For the whole process: records without words, and every handler there is writes JSON.

    Shows what this program has to say, and of others warnings and worse.
    """
    logging.setLogRecordFactory(without_words)
    logging.getLogger("assistant").setLevel(logging.INFO)
    shown = logging.StreamHandler()
    shown.addFilter(lambda record: record.levelno >= logging.WARNING or _is_ours(record))
    logging.root.addHandler(shown)
    named = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    for logger in [logging.root, *named]:
        for handler in logger.handlers:
            handler.setFormatter(JsonLines())


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == "assistant"
