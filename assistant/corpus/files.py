"""Files of the corpus, opened so that nothing outside it is read and nothing waits for ever."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from assistant.corpus.formats import FORMATS
from assistant.corpus.gate import NotAllowed
from assistant.text.folding import clean
from assistant.types import CorpusError

TEXT_FORMATS = (".md", ".txt")
ARTICLE_FORMATS = (*TEXT_FORMATS, *FORMATS)
FOREIGN_FORMATS = (".doc", ".odt", ".rtf", ".pages", ".epub", ".markdown", ".text")
METADATA = ".meta.yaml"
QUESTIONS = "questions"  # the folder beside articles/ that tells what is asked

MAX_TEXT_BYTES = 2_000_000  # of text; the longest book chapter is a tenth of this
MAX_BYTES = 25_000_000  # of a Word or PDF file, pictures included
MAX_NAME = 200


def article_files(root: Path) -> Iterator[Path]:
    """Everything below `root` that is named like an article, in the order of names.

    Links are listed and never followed, so that they can be refused by name. Raises CorpusError
    for a folder that can't be read: its articles would seem to have been deleted.
    """
    yield from _named(root, ARTICLE_FORMATS, linked_folders=True)


def foreign_files(root: Path) -> Iterator[Path]:
    """Documents below `root` in formats that are not read: somebody may wait for them."""
    yield from _named(root, FOREIGN_FORMATS)


def metadata_file(path: Path) -> Path | None:
    """The neighbour that holds an article's metadata: NAME.docx.meta.yaml or NAME.meta.yaml."""
    for neighbour in (path.with_name(path.name + METADATA), path.with_name(path.stem + METADATA)):
        if os.path.lexists(neighbour):
            return neighbour
    return None


def sharing(path: Path, metadata: Path) -> list[str]:
    """The names of other articles that the same metadata would be taken for."""
    beside = (each for each in path.parent.iterdir() if each != path and not _hidden(each.name))
    articles = (each for each in beside if each.name.lower().endswith(ARTICLE_FORMATS))
    return sorted(each.name for each in articles if metadata_file(each) == metadata)


def shown_name(path: Path, folder: Path) -> str:
    """The path inside the corpus as it may be printed: no control characters, valid Unicode."""
    raw = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "replace")
    return clean(raw.replace("\n", " ").replace("\t", " "))


def read_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file. Raises NotAllowed for links, pipes, devices and huge files."""
    if len(path.name) > MAX_NAME:
        raise NotAllowed(f"its name has {len(path.name)} characters. Shorten it to {MAX_NAME}")
    if path.name != clean(path.name) or "\n" in path.name or "\t" in path.name:
        raise NotAllowed("its name has invisible or broken characters. Rename it")
    try:
        _refuse_unless_regular(path.lstat(), limit)  # a pipe or a device is not even opened
        with os.fdopen(os.open(path, _FLAGS), "rb") as file:
            _refuse_unless_regular(os.fstat(file.fileno()), limit)  # nor one put there since
            data = file.read(limit + 1)
    except OSError as error:
        raise NotAllowed(f"it can't be read: {error.strerror}") from error
    if len(data) > limit:
        raise NotAllowed(_too_big(len(data), limit))
    if not data.strip():
        raise NotAllowed("it is empty")
    return data


def read_text(path: Path, limit: int = MAX_TEXT_BYTES) -> str:
    """The text of a regular UTF-8 file, its lines ended with \\n. Raises NotAllowed otherwise."""
    return decoded(read_file(path, limit))


def decoded(data: bytes) -> str:
    """UTF-8 as text, its lines ended with \\n. Raises NotAllowed with the line that is not."""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise NotAllowed("it is not UTF-8 text. Save it as UTF-8", line) from error


_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_FLAGS |= getattr(os, "O_BINARY", 0)  # on Windows


def _refuse_unless_regular(info: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(info.st_mode):
        kind = "a link" if stat.S_ISLNK(info.st_mode) else "not a regular file"
        raise NotAllowed(f"it is {kind}. Put the file itself into the corpus folder")
    if info.st_size > limit:
        raise NotAllowed(_too_big(info.st_size, limit))


def _too_big(size: int, limit: int) -> str:
    return f"it has {size:,} bytes; {limit:,} at most. Split it, or make its pictures smaller"


def _named(root: Path, formats: tuple[str, ...], *, linked_folders: bool = False) -> Iterator[Path]:
    found = []
    for folder, folders, files in os.walk(root, onerror=_refuse, followlinks=False):
        folders[:] = [name for name in folders if not _hidden(name)]
        named = [name for name in files if name.lower().endswith(formats) and not _hidden(name)]
        if linked_folders:
            named += [name for name in folders if Path(folder, name).is_symlink()]
        found += [Path(folder, name) for name in named]
    yield from sorted(found)


def _refuse(error: OSError) -> None:
    raise CorpusError(
        f"The folder {error.filename} can't be read: {error.strerror}.",
        hint="Correct its permissions; what was live is still live.",
    ) from error


def _hidden(name: str) -> bool:
    """Hidden, put aside (`_old`) or an editor's lock file (`~$sleep.docx`)."""
    return name.startswith((".", "_", "~"))
