"""Thousands of damaged files through the converters: `python -m tests.fuzz_formats COUNT [SEED]`.

Runs in a process of its own, so that a crash or a hang of a library is seen from outside. Prints
one JSON object: how many were converted, refused and broken, and what was opened outside.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

from assistant.corpus.formats import to_markdown
from assistant.corpus.formats.sandbox import confine
from assistant.corpus.gate import NotAllowed
from assistant.corpus.markdown import normalised
from tests import documents

SECONDS = 20  # for one file, on a busy machine


class Hang(BaseException):
    """A file took longer than a small file may."""


def originals() -> list[tuple[str, bytes]]:
    """Real files of each format."""
    data = Path(__file__).parent / "data"
    return [
        (".docx", documents.word(documents.hidden_run)),
        (".pdf", documents.pdf(2, change=documents.white_line)),
        (".pdf", (data / "printed.pdf").read_bytes()),
        (".html", documents.html('<p style="color:#fff">x</p><!-- y -->', "<style>p{}</style>")),
    ]


def mutated(data: bytes, suffix: str, chance: random.Random) -> bytes:
    """The file with bytes flipped, cut out, doubled or swapped; inside the parts of a Word file."""
    if suffix == ".docx" and chance.random() < 0.7:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            name = chance.choice([n for n in archive.namelist() if n.endswith((".xml", ".rels"))])
            part = archive.read(name)
        return documents.repacked(data, name, _damaged(part, chance))
    return _damaged(data, chance)


def _damaged(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        start = chance.randrange(max(1, len(found)))
        length = chance.choice((1, 1, 4, 30, 400))
        match chance.randrange(5):
            case 0:
                found[start : start + length] = chance.randbytes(length)
            case 1:
                del found[start : start + length]
            case 2:
                found[start:start] = found[start : start + length] * chance.choice((1, 2, 50))
            case 3:
                digits = chance.choice((b"0", b"-1", b"99999999", b"4294967295"))
                found[start : start + length] = digits
            case _:
                other = chance.randrange(max(1, len(found)))
                found[start : start + length] = found[other : other + length]
    return bytes(found)


def main(count: int, seed: int) -> dict[str, object]:
    files = originals()
    results: Counter[str] = Counter()
    outside: set[str] = set()
    for suffix, data in files:
        to_markdown(data, suffix)  # libraries are loaded before the process is confined
    confine(seconds=None)
    sys.addaudithook(lambda event, args: _note(event, args, outside))
    signal.signal(signal.SIGALRM, _ring)
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)  # noqa: S311  # repeatable on purpose
        suffix, data = files[number % len(files)]
        damaged = mutated(data, suffix, chance)
        signal.alarm(SECONDS)
        try:
            normalised(to_markdown(damaged, suffix).text)
            results["converted"] += 1
        except NotAllowed:
            results["refused"] += 1
        except Hang:
            results[f"hang {suffix} seed {seed} number {number}"] += 1
        except Exception:  # the sandbox makes a refusal of these
            results["broken"] += 1
        finally:
            signal.alarm(0)
    return {"results": dict(results), "outside": sorted(outside)}


def _ring(*_: object) -> None:
    raise Hang


def _note(event: str, arguments: tuple[object, ...], outside: set[str]) -> None:
    installed = (sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parent.parent))
    if event == "open" and not isinstance(arguments[0], int):
        path = os.path.realpath(os.fsdecode(arguments[0]))  # type: ignore[arg-type]
        if not path.startswith(installed):
            outside.add(path)


if __name__ == "__main__":
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), seed)))
