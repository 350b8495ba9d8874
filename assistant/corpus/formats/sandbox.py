"""Converts a file in a process of its own, with limits on time, memory and what it may open.

Libraries that read Word and PDF files have been led astray before: by endless loops, by files that
unpack to gigabytes, by names that point elsewhere. Here the worst that a file can do is to be
refused.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from assistant.corpus.formats import Converted, to_markdown
from assistant.corpus.gate import NotAllowed
from assistant.corpus.hiding import Hidden
from assistant.settings import ROOT

SECONDS = 60  # of work
PATIENCE = 180  # seconds on the clock, for a machine that is busy with other things
MEMORY = 2 * 1024**3  # bytes; on systems that can limit it
MAX_CHARS = 2_000_000  # of Markdown that comes back

_DAMAGED = "it can't be read; it may be damaged. Open it, save it again, and put that copy here"


def convert(data: bytes, suffix: str, *, seconds: float = PATIENCE) -> Converted:
    """The Markdown of a Word, PDF or HTML file. Raises NotAllowed when there is none to be had."""
    command = [sys.executable, "-m", "assistant.corpus.formats.sandbox", suffix]
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter, a suffix from our own list
            command, input=data, capture_output=True, cwd=ROOT, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotAllowed(
            f"it could not be read within {seconds:g} seconds. Split it, or save it anew"
        ) from None
    if done.returncode:
        raise NotAllowed(_DAMAGED)
    return _result(json.loads(done.stdout))


def _result(answer: dict[str, Any]) -> Converted:
    if reason := answer.get("refused"):
        raise NotAllowed(str(reason))
    hidden = tuple(Hidden(what=what, text=text, line=line) for what, text, line in answer["hidden"])
    return Converted(text=answer["text"], hidden=hidden)


def confine(seconds: int | None = SECONDS) -> None:
    """Limits this process for the rest of its life: memory, time, and files it may open."""
    try:
        import resource
    except ImportError:  # Windows: the limit on time, and the hook below, remain
        pass
    else:
        limits = {
            resource.RLIMIT_AS: MEMORY,
            resource.RLIMIT_CPU: seconds or resource.RLIM_INFINITY,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_CORE: 0,
        }
        for kind, most in limits.items():
            with suppress(ValueError, OSError):  # macOS knows some of them in name only
                resource.setrlimit(kind, (most, most))
    places = {Path(place).resolve() for place in sys.path} - {ROOT} | {ROOT / "assistant"}
    roots = tuple(f"{place}{os.sep}" for place in places if len(place.parts) > 1)
    sys.addaudithook(lambda event, arguments: _allow(event, arguments, roots))


_NEVER = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "ctypes.")


def _allow(event: str, arguments: tuple[Any, ...], roots: tuple[str, ...]) -> None:
    """Raises PermissionError for anything but reading installed packages and our own."""
    if event.startswith(_NEVER):
        raise PermissionError(f"a converter may not do this: {event}")
    if event == "open" and not isinstance(arguments[0], int):
        path, mode = os.path.realpath(os.fsdecode(arguments[0])), str(arguments[1] or "r")
        if set(mode) & set("wax+") or not path.startswith(roots):
            raise PermissionError(f"a converter may not open {path}")


def _work(suffix: str) -> dict[str, Any]:
    """What the process answers with, read from standard input."""
    data = sys.stdin.buffer.read()
    confine()
    try:
        found = to_markdown(data, suffix)
    except NotAllowed as error:
        return {"refused": error.reason}
    except (RecursionError, MemoryError):
        return {"refused": "it is nested or packed too deeply to be read. Save it anew"}
    except Exception:  # a broken file makes libraries raise whatever they like
        return {"refused": _DAMAGED}
    if len(found.text) > MAX_CHARS:
        return {"refused": f"it holds {len(found.text):,} characters; {MAX_CHARS:,} at most"}
    return {"text": found.text, "hidden": [(h.what, h.text, h.line) for h in found.hidden]}


if __name__ == "__main__":
    answer, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    answer.write(json.dumps(_work(sys.argv[1])))
