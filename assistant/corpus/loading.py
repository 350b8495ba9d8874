"""From the corpus folder to the articles that may go live, and the reasons why others may not."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from assistant.corpus.files import (
    MAX_BYTES,
    MAX_TEXT_BYTES,
    METADATA,
    QUESTIONS,
    article_files,
    decoded,
    foreign_files,
    metadata_file,
    read_file,
    read_text,
    sharing,
    shown_name,
)
from assistant.corpus.formats import FORMATS, Converted
from assistant.corpus.formats.sandbox import convert
from assistant.corpus.gate import (
    Approval,
    Metadata,
    NotAllowed,
    approval,
    has_front_matter,
    id_of_name,
    parse_yaml,
    split_front_matter,
)
from assistant.corpus.hiding import Hidden
from assistant.corpus.markdown import Body, normalised
from assistant.corpus.noted import with_notes
from assistant.corpus.references import (
    enriched,
    load_bibliography,
    parse_reference,
    with_entries_apart,
)
from assistant.text import blocks, lists_references
from assistant.types import Article, CorpusError, Finding, Reference, Rejection, Severity

EXPIRES_SOON = timedelta(days=30)
_FENCES = re.compile(r"^-{3,}[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[•‣◦▪·][ \t]+(?=\S)", re.MULTILINE)
# Two at least: a single line that begins with a dash may be the middle of a sentence.
_DASHES = re.compile(r"(?:^[ \t]*[–—][ \t]+\S.*(?:\n|\Z)){2,}", re.MULTILINE)
BESIDE = ("references.bib", "practice.toml", "golden.toml")  # what stands beside articles/


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """An article with what its file held besides: what the linter looks at.

    `lines` holds, for each line of the article's body, the line of the file; None where the file
    has no lines that an editor could count (Word, PDF).
    """

    article: Article
    metadata: Metadata
    lines: tuple[int | None, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    links: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What the folder holds today."""

    articles: tuple[Article, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    findings: tuple[Finding, ...] = ()
    manuscripts: tuple[Manuscript, ...] = ()
    references: Mapping[str, Reference] = field(default_factory=dict)


def load_corpus(folder: Path, today: date) -> Corpus:
    """Reads `articles/`, `questions/` and `references.bib` of a corpus folder; where there is no
    `articles/`, the articles in the folder itself.

    A file that may not go live becomes a Rejection and the others go on. Raises CorpusError when
    there is no such folder, or when the bibliography can't be read.
    """
    refuse_strange_places(folder)
    root = folder / "articles" if (folder / "articles").is_dir() else folder
    references = load_bibliography(folder / "references.bib")
    found: dict[str, Manuscript] = {}
    paths_of_bodies: dict[str, str] = {}
    rejections: list[Rejection] = []
    for path in article_files(root):
        if path.is_relative_to(folder / QUESTIONS):  # where there is no articles/
            continue
        name = shown_name(path, folder)
        try:
            manuscript = read_article(path, name, references, today)
            article = manuscript.article
            if article.id in found:
                other = found[article.id].article.path
                raise NotAllowed(
                    f"its id {article.id!r} is also that of {other}. Rename one, or give it an `id`"
                )
            if twin := paths_of_bodies.get(article.body):
                raise NotAllowed(f"its text is the same as that of {twin}. Keep one of them")
        except NotAllowed as error:
            rejections.append(
                Rejection(
                    path=name,
                    reason=error.reason,
                    line=error.line,
                    chosen=error.chosen,
                    article_id=error.article_id,
                )
            )
        else:
            found[article.id] = manuscript
            paths_of_bodies[article.body] = name
    kept_off = {each.article_id or id_of_name(Path(each.path).stem) for each in rejections}
    articles, amiss = with_notes(
        folder, {key: each.article for key, each in found.items()}, kept_off
    )
    manuscripts = tuple(replace(found[key], article=articles[key]) for key in sorted(found))
    return Corpus(
        articles=tuple(manuscript.article for manuscript in manuscripts),
        rejections=tuple(rejections),
        findings=(
            *_alone(root, folder),
            *_left_alone(root, folder),
            *_due_soon(manuscripts, today),
            *amiss,
        ),
        manuscripts=manuscripts,
        references=references,
    )


def read_article(
    path: Path, name: str, references: Mapping[str, Reference], today: date
) -> Manuscript:
    """One article, with what its linter needs. Raises NotAllowed when it may not go live."""
    suffix = path.suffix.lower()
    converted = suffix in FORMATS
    data = read_file(path, MAX_BYTES if converted else MAX_TEXT_BYTES)
    metadata, text, shift = _front(path, "" if converted else decoded(data))
    facts = approval(metadata, path.stem, today)
    source = convert(data, suffix) if converted else Converted(text=text)
    marked = with_entries_apart(_with_items(source.text))
    body = _without_title(normalised(marked), facts.title)
    if len(re.findall(r"\w+", body.text)) < 20:
        raise NotAllowed(
            "it has hardly any text that can be read. See whether its words are there as text"
            if converted
            else "it has hardly any text. Write the article below the front matter"
        )
    lines: list[int | None] = [None if converted else line + shift for line in body.lines]
    return Manuscript(
        article=_article(facts, body.text, name, references, metadata.values),
        metadata=metadata,
        lines=tuple(lines),
        hidden=(*source.hidden, *(_moved(each, shift, converted) for each in body.hidden)),
        links=tuple((to, None if converted else line + shift) for to, line in body.links),
    )


def _front(path: Path, text: str) -> tuple[Metadata, str, int]:
    """Metadata, the text below it, and how many lines of the file stand above that text.

    Raises NotAllowed when there is no metadata, or when it stands in two places.
    """
    beside = metadata_file(path)
    if beside is None and path.suffix.lower() in FORMATS:
        raise NotAllowed(
            "it has no metadata. Write title, status, approved_by, approved_on and review_by into "
            f"a file {path.stem}.meta.yaml beside it"
        )
    if beside is None:
        metadata, body, first_line = split_front_matter(text)
        return metadata, body, first_line - 1
    if others := sharing(path, beside):
        # One of them was approved, and nobody can tell which.
        raise NotAllowed(
            f"{beside.name} may be meant for it or for {', '.join(others)}. Rename it after the "
            f"one that was approved, for instance {path.name}{METADATA}"
        )
    if has_front_matter(text):
        raise NotAllowed(
            f"it begins with front matter, and there is {beside.name} as well. Keep one of them", 1
        )
    return _neighbour(beside), text, 0


def _neighbour(path: Path) -> Metadata:
    """The metadata in a file beside the article. Raises NotAllowed naming that file."""
    try:
        unfenced = _FENCES.sub("", read_text(path))  # lines --- belong into articles only
        return replace(parse_yaml(unfenced), file=path.name)
    except NotAllowed as error:
        error.reason = f"in {path.name}: {error.reason}"
        raise


def refuse_strange_places(folder: Path) -> None:
    """Raises CorpusError when there is no such folder, or when what stands in it leads elsewhere.

    To be called before anything in the folder is opened: a pipe would keep its reader waiting.
    """
    if not folder.is_dir():
        raise CorpusError(f"There is no corpus folder {folder}.")
    for name in BESIDE:
        path = folder / name
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise CorpusError(f"{name} is a link or not a regular file, so it was not opened.")
    for name in ("articles", QUESTIONS):
        if (folder / name).is_symlink():
            raise CorpusError(f"{name}/ is a link, which is not followed. Put the folder there.")


def _alone(root: Path, folder: Path) -> Iterable[Finding]:
    """Articles with nothing beside them: more often the folder below, or above, the one meant."""
    if root == folder and not any((folder / name).exists() for name in BESIDE):
        yield Finding(
            path=shown_name(folder.absolute(), folder.absolute().parent),
            rule="folder",
            message="it has no articles/, so the articles are looked for in it, and so are "
            f"{', '.join(BESIDE)}, but none of these three is there. Name the folder that holds "
            "articles/ and them",
        )


def _left_alone(root: Path, folder: Path) -> Iterable[Finding]:
    for path in foreign_files(root):
        yield Finding(
            path=shown_name(path, folder),
            rule="format",
            message=f"{path.suffix} files are not read. Save it as .docx, .pdf, .html, .md or .txt",
        )


def _due_soon(manuscripts: Iterable[Manuscript], today: date) -> Iterable[Finding]:
    for manuscript in manuscripts:
        review_by = manuscript.article.review_by
        if review_by - today <= EXPIRES_SOON:
            yield at_metadata(
                manuscript,
                "review_by",
                rule="review",
                message=f"it is due for review on {review_by}, and leaves the site on that day. "
                "Review it, then set a new `review_by`",
            )


def at_metadata(
    manuscript: Manuscript, key: str, *, rule: str, message: str, severity: Severity = "warning"
) -> Finding:
    """A finding where a key of the front matter stands, which may be a file of its own."""
    about = manuscript.metadata
    return Finding(
        path=manuscript.article.path,
        rule=rule,
        message=(f"in {about.file}: " if about.file else "") + message,
        severity=severity,
        line=about.lines.get(key),
    )


def _moved(hidden: Hidden, shift: int, converted: bool) -> Hidden:
    """The same, its line counted in the file; a converted file has no lines to count."""
    line = None if converted or hidden.line is None else hidden.line + shift
    return replace(hidden, line=line)


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
            inside = lists_references(block.span.text)
        elif inside:
            entries.append(block.span.text)
    return entries


def _with_items(text: str) -> str:
    """Lines that begin with a typed bullet (“• a”, “– b”) as Markdown's items."""
    text = _DASHES.sub(lambda run: re.sub(r"(?m)^([ \t]*)[–—]", r"\1•", run[0]), text)
    return _BULLET.sub(r"\1- ", text)


def _without_title(body: Body, title: str) -> Body:
    """The body without a first heading that only repeats the title."""
    first, _, rest = body.text.partition("\n")
    if first.lstrip("# ").strip().casefold() != title.casefold():
        return body
    kept = rest.lstrip("\n")
    gone = body.text[: len(body.text) - len(kept)].count("\n")
    return replace(body, text=kept, lines=body.lines[gone:])
