"""References: the list under an article, BibTeX, and the citations inside a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rapidfuzz.distance import OSA

from assistant.text import lists_references
from assistant.types import Article, CorpusError, Reference

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;)\]]", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;)\]]")
_YEAR = re.compile(r"\((\d{4})[a-z]?\)|\b(?:19|20)\d{2}\b")
_LETTER = re.compile(r"\b(?:19|20)\d{2}([a-z])\b")
_SURNAME = r"[A-ZÁÉÍÓÚÑ][\w'’-]+(?:\s(?!et\b|and\b|y\b)[A-Z][\w'’-]+){0,5}"
_PEOPLE = rf"{_SURNAME}(?:(?:,\s|\s(?:and|y|&)\s|,\s(?:and|&)\s){_SURNAME})*(?:,?\set\sal\.?)?"
_YEARS = r"\d{4}[a-z]?(?:,\s\d{4}[a-z]?)*"
# "Zarate et al. (2006)" and each part of "(Smith and Jones, 2010; Lee, 2011)".
_NARRATIVE = re.compile(rf"({_PEOPLE})\s\(({_YEARS})\)")
_PARENTHESIS = re.compile(r"\(([^()]*\b\d{4}[a-z]?[^()]*)\)")
_PART = re.compile(rf"({_PEOPLE}),?\s({_YEARS})$")
# How an entry of a list begins: "[1] …"; "Smith, A. …" (not "Washington, D.C.: …"); "van Dis EAM,
# Bollen J. …"; "Lee B. … 2020"; names written out, people's or organisations', before "(2020).".
_FAMILY = rf"(?:(?:van|von|der|den|de|del|la|le|da|di)\s)*{_SURNAME}"
_ENTRY = re.compile(
    rf"\s*(?:\[\d{{1,3}}\]\s|"
    rf"{_FAMILY},\s[A-Z]\.(?!\w\.?:)|"
    rf"{_FAMILY}\s[A-Z]{{1,3}},\s{_FAMILY}\s[A-Z]{{1,3}}\b|"
    rf"{_FAMILY}(?:\s[A-Z]{{1,3}}\.|,?\set\sal\b).*\b(?:19|20)\d{{2}}\b|"
    rf"[A-Z][^.()]{{2,100}}\.?\s\((?:19|20)\d{{2}}[a-z]?\)[.:])"
)
_START = 500  # characters of a line that are looked at, so that a huge one takes no time
_ENDED = re.compile(r"(?:[.\])\d]|https?://\S+|\b10\.\d{4,9}/\S+)\s*$")
_MARKER = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s")
_BOLD_HEADING = re.compile(
    r"^(\*\*|__)[ \t]*(references|referencias|bibliography|bibliograf[ií]a)[ \t]*:?[ \t]*\1"
    r"[ \t]*:?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)

LONG_WORD = 6  # letters from which one that is off is a slip of spelling


@dataclass(frozen=True, slots=True)
class Cited:
    """An author-year citation: the first author as written, the year, and the letter of 2020a."""

    name: str
    year: int
    letter: str = ""

    def __str__(self) -> str:
        return f"{self.name}, {self.year}{self.letter}"


def with_entries_apart(source: str) -> str:
    """Markdown in which references on consecutive lines are items of a list.

    Markdown itself would make one paragraph of them. No line is added, so that numbers of lines
    keep; a line that goes on with the entry above it is left alone.
    """
    lines = _BOLD_HEADING.sub(r"## \2", source).split("\n")
    listing = False
    begun, dated = 0, False  # the first line of the entry being read; whether its year was met
    for number, line in enumerate(lines):
        if lists_references(line.strip().strip("#").strip()):
            listing, dated, begun = True, False, number + 1
        elif line.startswith("#"):
            listing = False
        elif not line.strip(" \t=-"):  # empty, or drawn below a heading
            dated, begun = False, number + 1
        elif listing:
            if dated and _ENDED.search(lines[number - 1][-_START:]) and _ENTRY.match(line[:_START]):
                lines[begun] = _as_item(lines[begun])
                lines[number] = _as_item(line)
                dated, begun = False, number
            dated = dated or bool(_YEAR.search(line))
    return "\n".join(lines)


def _as_item(line: str) -> str:
    return line if _MARKER.match(line) else f"- {line.strip()}"


def parse_reference(item: str) -> Reference:
    """One entry of a list of references, as far as it can be understood."""
    doi = _DOI.search(item)
    url = _URL.search(item)
    year = _YEAR.search(item)
    number = int((year.group(1) or year.group(0))[:4]) if year else None
    surname = plain(first_surname(item))
    return Reference(
        key=f"{surname}{number or ''}" or "reference",
        text=item,
        title=_title(item),
        year=number,
        doi=doi.group(0) if doi else "",
        url=url.group(0) if url else "",
    )


def first_surname(text: str) -> str:
    """The first author's family name, or the organisation's first word."""
    head = re.split(r"[,.(;&]", text.strip(), maxsplit=1)[0].strip()
    return head.removesuffix(" Jr").strip()


def load_bibliography(path: Path) -> dict[str, Reference]:
    """`references.bib` by key; empty when there is no such file.

    Raises CorpusError naming the file and what BibTeX does not allow.
    """
    if not path.exists():
        return {}
    from pybtex.database import parse_string
    from pybtex.exceptions import PybtexError

    try:
        entries = parse_string(path.read_text(encoding="utf-8-sig"), "bibtex").entries
    except (PybtexError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path.name} is not valid BibTeX: {error}.") from error
    return {key: _from_bibtex(key, entry) for key, entry in entries.items()}


def _from_bibtex(key: str, entry: object) -> Reference:
    fields: Mapping[str, str] = entry.fields  # type: ignore[attr-defined]
    people = entry.persons.get("author", [])  # type: ignore[attr-defined]
    names = [" ".join([*person.prelast_names, *person.last_names]) for person in people]
    clean = {name: re.sub(r"[{}]", "", value) for name, value in fields.items()}
    doi = clean.get("doi", "")
    year = clean.get("year", "")
    shown = ", ".join(re.sub(r"[{}]", "", name) for name in names[:3])
    more = " et al." if len(names) > 3 else ""
    text = f"{shown}{more} ({year}). {clean.get('title', '')}. {clean.get('journal', '')}.".strip()
    return Reference(
        key=key,
        text=text,
        title=clean.get("title", ""),
        year=int(year) if year.isdigit() else None,
        doi=doi,
        url=clean.get("url", "") or (f"https://doi.org/{doi}" if doi else ""),
    )


def enriched(references: Iterable[Reference], known: Mapping[str, Reference]) -> list[Reference]:
    """References with what the bibliography knows of them: key, title, DOI and link."""
    by_doi = {entry.doi.lower(): entry for entry in known.values() if entry.doi}
    by_name: defaultdict[tuple[str, int | None], list[Reference]] = defaultdict(list)
    for entry in known.values():
        by_name[plain(first_surname(entry.text)), entry.year].append(entry)
    full = []
    for reference in references:
        match = by_doi.get(reference.doi.lower()) if reference.doi else None
        named = by_name[plain(first_surname(reference.text)), reference.year]
        match = match or _same_publication(reference, named)
        full.append(_completed(reference, match) if match else reference)
    return full


def _same_publication(reference: Reference, entries: Iterable[Reference]) -> Reference | None:
    """The only one of some entries that has this title, and no DOI against it.

    Another publication's DOI is worse than none, which the linter tells: what is in doubt is left.
    """
    alike = [
        entry
        for entry in entries
        if _same_title(reference.title, entry.title) and not (reference.doi and entry.doi)
    ]
    return alike[0] if len(alike) == 1 else None


def _same_title(one: str, other: str) -> bool:
    """Whether two titles are the same word for word, slips of spelling aside."""
    ours, theirs = (re.findall(r"\w+", title.casefold()) for title in (one, other))
    return bool(ours) and len(ours) == len(theirs) and all(map(_same_word, ours, theirs))


def _same_word(one: str, other: str) -> bool:
    """Short words have no slips: “I” is not “II”; nor has a first letter: “typical”, “atypical”."""
    if min(len(one), len(other)) < LONG_WORD or one[0] != other[0]:
        return one == other
    return OSA.distance(one, other, score_cutoff=1) <= 1


def _completed(reference: Reference, known: Reference) -> Reference:
    return replace(
        reference,
        key=known.key,
        title=known.title,
        doi=reference.doi or known.doi,
        url=reference.url or known.url,
    )


def citations_in(sentence: str) -> list[Cited]:
    """Each author-year citation in a sentence, once."""
    found = [(people, years) for people, years in _NARRATIVE.findall(sentence)]
    for inside in _PARENTHESIS.findall(sentence):
        for part in inside.split(";"):
            stripped = re.sub(r"^(?:see|e\.g\.,?|for example,?|reviewed in)\s", "", part.strip())
            if match := _PART.search(stripped):
                found.append((match.group(1), match.group(2)))
    cited = []
    for people, years in found:
        name = re.split(r",|\set\sal|\s(?:and|y|&)\s", people)[0]
        cited += [Cited(name, int(year[:4]), year[4:]) for year in years.split(", ")]
    return list(dict.fromkeys(cited))


def cited_in(sentence: str, article: Article) -> tuple[Reference, ...]:
    """The references of the article that a sentence cites, in the order of the citations."""
    cited = []
    for citation in citations_in(sentence):
        for reference in article.references:
            if is_cited_as(reference, citation):
                cited.append(reference)
                break
    return tuple(dict.fromkeys(cited))


def is_cited_as(reference: Reference, citation: Cited) -> bool:
    """Whether a citation means this reference: whole names ("Li" is not Liu), year and letter.

    Of an organisation, the first words do: "National Institute" for that of Mental Health.
    """
    letter = _LETTER.search(reference.text)
    if reference.year != citation.year or (
        citation.letter and letter and letter.group(1) != citation.letter
    ):
        return False
    names = first_surname(reference.text).split()
    beginnings = {plain(" ".join(names[:count])) for count in range(1, len(names) + 1)}
    return plain(citation.name) in beginnings


def plain(name: str) -> str:
    """A name in lower case, letters only, without accents: what is compared."""
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(char for char in decomposed if char.isalnum())


def _title(item: str) -> str:
    """The sentence after the year: where the usual styles put a title."""
    after = re.split(r"\(\d{4}[a-z]?\)\.?\s*", item, maxsplit=1)
    return after[1].split(". ")[0].strip().rstrip(".") if len(after) == 2 else ""
