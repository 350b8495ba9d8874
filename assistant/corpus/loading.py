"""From the corpus folder to the articles that may go live, and the reasons why others may not."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from assistant.corpus.gate import Approval, NotAllowed, approval, parse_yaml, split_front_matter
from assistant.corpus.markdown import normalised
from assistant.corpus.references import enriched, load_bibliography, parse_reference
from assistant.text import blocks
from assistant.types import Article, CorpusError, Reference, Rejection

TEXT_FORMATS = (".md", ".txt")
MAX_BYTES = 2_000_000  # of one article; the longest book chapter is a tenth of this
MAX_NAME = 200
EXPIRES_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What the folder holds today."""

    articles: tuple[Article, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    warnings: tuple[str, ...] = ()
    references: Mapping[str, Reference] = field(default_factory=dict)


def load_corpus(folder: Path, today: date) -> Corpus:
    """Reads `articles/` and `references.bib` of a corpus folder.

    A file that may not go live becomes a Rejection and the others go on. Raises CorpusError when
    there is no such folder, or when the bibliography can't be read.
    """
    if not folder.is_dir():
        raise CorpusError(f"There is no corpus folder {folder}.")
    references = load_bibliography(folder / "references.bib")
    articles: dict[str, Article] = {}
    rejections: list[Rejection] = []
    warnings: list[str] = []
    root = folder / "articles" if (folder / "articles").is_dir() else folder
    for path in article_files(root):
        name = path.relative_to(folder).as_posix()
        try:
            article, notes = read_article(path, name, references, today)
            if article.id in articles:
                other = articles[article.id].path
                raise NotAllowed(f"its id {article.id!r} is also that of {other}. Rename one")
            if twin := _twin(article, articles.values()):
                raise NotAllowed(f"its text is the same as that of {twin.path}. Keep one of them")
        except NotAllowed as error:
            rejections.append(Rejection(path=name, reason=error.reason, line=error.line))
        else:
            articles[article.id] = article
            warnings += [f"{name}: {note}" for note in notes]
    return Corpus(
        articles=tuple(articles[key] for key in sorted(articles)),
        rejections=tuple(rejections),
        warnings=tuple(warnings),
        references=references,
    )


def article_files(root: Path) -> Iterator[Path]:
    """Everything below `root` that looks like an article, in the order of names."""
    for path in sorted(root.rglob("*")):
        hidden = any(part.startswith((".", "_", "~")) for part in path.relative_to(root).parts)
        metadata = path.name.endswith(".meta.yaml")
        if not hidden and not metadata and path.suffix.lower() in TEXT_FORMATS:
            yield path


def read_article(
    path: Path, name: str, references: Mapping[str, Reference], today: date
) -> tuple[Article, list[str]]:
    """One article with remarks for its editor. Raises NotAllowed when it may not go live."""
    source = read_text(path)
    meta = path.with_name(path.name + ".meta.yaml")
    if not meta.exists():
        meta = path.with_suffix(".meta.yaml")
    if meta.exists():
        metadata, text = parse_yaml(read_text(meta)), source
    else:
        metadata, text, _ = split_front_matter(source)
    facts = approval(metadata, path.stem, today)
    body = normalised(text)
    content = _without_title(body.text, facts.title)
    if len(re.findall(r"\w+", content)) < 20:
        raise NotAllowed("it has hardly any text. Write the article below the front matter")
    notes = [f"left out what readers can't see: {what}" for what in body.hidden]
    if facts.review_by - today <= EXPIRES_SOON:
        notes.append(f"is due for review on {facts.review_by}, and leaves the site on that day")
    return _article(facts, content, name, references, metadata), notes


def read_text(path: Path) -> str:
    """The text of a regular file inside the corpus. Raises NotAllowed for anything else."""
    if len(path.name) > MAX_NAME:
        raise NotAllowed(f"its name has {len(path.name)} characters; {MAX_NAME} at most")
    try:
        info = path.lstat()  # a link or a pipe is never opened
        if not stat.S_ISREG(info.st_mode):
            kind = "a link" if stat.S_ISLNK(info.st_mode) else "not a regular file"
            raise NotAllowed(f"it is {kind}. Put the file itself into the corpus folder")
        if info.st_size > MAX_BYTES:
            raise NotAllowed(f"it has {info.st_size:,} bytes; {MAX_BYTES:,} at most")
        data = path.read_bytes()
    except OSError as error:
        raise NotAllowed(f"it can't be read: {error.strerror}") from error
    if not data.strip():
        raise NotAllowed("it is empty")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise NotAllowed("it is not UTF-8 text. Save it as UTF-8", line) from error


def _article(
    facts: Approval,
    body: str,
    name: str,
    references: Mapping[str, Reference],
    metadata: Mapping[str, Any],
) -> Article:
    cited = tuple(enriched(map(parse_reference, listed_references(body)), references))
    shown = repr((body, cited, sorted((key, str(value)) for key, value in metadata.items())))
    return Article(
        id=facts.id,
        title=facts.title,
        body=body,
        approved_by=facts.approved_by,
        approved_on=facts.approved_on,
        review_by=facts.review_by,
        path=name,
        content_hash=hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest(),
        url=facts.url,
        author=facts.author,
        published=facts.published,
        language="es" if facts.language == "es" else "en",
        sample=facts.sample,
        references=cited,
    )


def listed_references(body: str) -> list[str]:
    """The entries under the article's heading “References”."""
    entries = []
    inside = False
    for block in blocks(body):
        if block.kind == "heading":
            inside = is_references_heading(block.span.text)
        elif inside:
            entries.append(block.span.text)
    return entries


def is_references_heading(heading: str) -> bool:
    return heading.strip(" :").lower() in {"references", "referencias", "bibliography"}


def _without_title(body: str, title: str) -> str:
    """The body without a first heading that only repeats the title."""
    first, _, rest = body.partition("\n")
    repeated = first.lstrip("# ").strip().casefold() == title.casefold()
    return rest.lstrip("\n") if repeated else body


def _twin(article: Article, others: Any) -> Article | None:
    return next((other for other in others if other.body == article.body), None)
