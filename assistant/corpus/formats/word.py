"""Word to Markdown: hidden words are taken out of the document first, then mammoth reads it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring

import mammoth
from bs4 import BeautifulSoup
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from assistant.corpus.formats import Converted
from assistant.corpus.formats.html import markdown_of
from assistant.corpus.gate import NotAllowed
from assistant.corpus.hiding import STRUCK, WHITE, Colour, Hidden, alike, colour_of

MAX_UNPACKED = 100_000_000  # bytes of text and structure, pictures not counted
MAX_RATIO = 150  # unpacked to packed; Word's own files stay below 30
MAX_PARTS = 5_000
_SMALL = 1_000_000  # bytes below which any ratio is harmless

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXTS = ("document.xml", "footnotes.xml", "endnotes.xml")
_CHANGES = {
    f"{_W}del": "a deletion",
    f"{_W}ins": "an insertion",
    f"{_W}moveFrom": "a move from here",
    f"{_W}moveTo": "a move to here",
}
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"
_TINY = 4  # half-points


def word_to_markdown(data: bytes) -> Converted:
    """Raises NotAllowed for what is no Word file, is locked, or unpacks beyond reason."""
    parts = _parts(data)
    trees = {name: _parsed(name, part) for name, part in parts.items()}
    styles = _Styles(next((t for n, t in trees.items() if n.endswith("/styles.xml")), None))
    hidden: list[Hidden] = []
    for name, tree in trees.items():
        if name.endswith(_TEXTS):
            hidden += [*_changes(tree), *_unseen(tree, styles)]
            parts[name] = tostring(tree, encoding="utf-8")
    page = mammoth.convert_to_html(
        _packed(parts),
        style_map=_STYLES,
        convert_image=mammoth.images.img_element(lambda _image: {"src": "picture"}),
        external_file_access=False,
    )
    return Converted(
        text=markdown_of(BeautifulSoup(page.value, "html.parser")), hidden=tuple(hidden)
    )


def _parts(data: bytes) -> dict[str, bytes]:
    """The XML inside a Word file by name. Pictures, fonts and macros are never unpacked."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise NotAllowed(
            "it is protected by a password, or comes from Word 2003 or older. Save it as .docx "
            "without a password"
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise NotAllowed("it is not a Word file, or is damaged. Save it again as .docx") from None
    wanted = [part for part in archive.infolist() if part.filename.endswith((".xml", ".rels"))]
    unpacked = sum(part.file_size for part in wanted)
    packed = sum(part.compress_size for part in wanted) or 1
    bomb = unpacked > _SMALL and unpacked / packed > MAX_RATIO
    if bomb or unpacked > MAX_UNPACKED or len(archive.infolist()) > MAX_PARTS:
        raise NotAllowed(
            f"it unpacks from {packed:,} to {unpacked:,} bytes, as no article does. Copy its text "
            "into a new document"
        )
    return {part.filename: archive.read(part) for part in wanted}


def _parsed(name: str, part: bytes) -> Element:
    try:
        tree: Element = fromstring(part, forbid_dtd=True)
        return tree
    except DefusedXmlException:
        raise NotAllowed(
            f"its part {name} defines XML entities, as no Word file does. Copy its text into a new "
            "document"
        ) from None
    except ParseError:
        raise NotAllowed(f"its part {name} is damaged. Open it in Word and save it again") from None


def _packed(parts: Mapping[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    file.seek(0)
    return file


def _changes(tree: Element) -> Iterator[Hidden]:
    """Reports tracked changes and takes them out: not everybody has seen, or agreed to, them."""
    words: dict[str, list[str]] = {}
    for parent in reversed(list(tree.iter())):  # a change inside a change is told once
        for change in reversed(list(parent)):
            if change.tag in _CHANGES and len(change):  # an empty one marks the end of a paragraph
                words.setdefault(change.tag, []).append(_words(change))
                parent.remove(change)
    for tag, what in _CHANGES.items():
        if text := " ".join(reversed(words.get(tag, []))).strip():
            yield Hidden(what=f"{what} that nobody has accepted in Word", text=text)


def _unseen(tree: Element, styles: _Styles) -> Iterator[Hidden]:
    """Reports and takes out the runs that Word does not show, or shows struck out."""
    above = {child: parent for parent in tree.iter() for child in parent}
    reasons: dict[Element, str] = {}
    for run in tree.iter(f"{_W}r"):
        if reason := styles.hides(run, above):
            reasons[run] = reason
    previous = ""
    words = ""
    for run, reason in reasons.items():  # in document order; neighbours are told as one
        if words and reason != previous:
            yield Hidden(what=previous, text=words)
            words = ""
        previous, words = reason, words + _words(run)
        above[run].remove(run)
    if words:
        yield Hidden(what=previous, text=words)


def _words(element: Element) -> str:
    return "".join(e.text or "" for e in element.iter() if e.tag in (f"{_W}t", f"{_W}delText"))


@dataclass(frozen=True, slots=True)
class _Look:
    """What decides whether a run is seen; None where nothing is said."""

    hidden: bool | None = None
    colour: Colour | None = None
    background: Colour | None = None
    half_points: float | None = None
    struck: bool | None = None

    def over(self, below: _Look) -> _Look:
        """This look where it says something, otherwise the one below it."""
        return _Look(
            below.hidden if self.hidden is None else self.hidden,
            self.colour or below.colour,
            self.background or below.background,
            below.half_points if self.half_points is None else self.half_points,
            below.struck if self.struck is None else self.struck,
        )


class _Styles:
    """The looks that a document's styles give, by their ids."""

    def __init__(self, tree: Element | None) -> None:
        found = tree.iter(f"{_W}style") if tree is not None else ()
        self._styles = {style.get(f"{_W}styleId", ""): style for style in found}

    def hides(self, run: Element, above: Mapping[Element, Element]) -> str:
        """How Word hides a run; empty when it does not."""
        around = list(_around(run, above))
        look = self._of_run(run, around)
        if look.hidden:
            return "hidden text"
        if look.struck:
            return STRUCK
        if look.half_points is not None and look.half_points <= _TINY:
            return "text too small to be read"
        behind = look.background or self._behind(around)
        return "text in the colour of the page" if alike(look.colour, behind) else ""

    def _of_run(self, run: Element, around: list[Element]) -> _Look:
        look = _look(run.find(f"{_W}rPr"))
        look = look.over(self._named(_value(run, f"{_W}rPr/{_W}rStyle")))
        paragraph = next((each for each in around if each.tag == f"{_W}p"), None)
        if paragraph is None:
            return look
        look = look.over(self._named(_value(paragraph, f"{_W}pPr/{_W}pStyle")))
        shade = _shade(paragraph.find(f"{_W}pPr/{_W}shd"))
        return look.over(_Look(background=shade))

    def _named(self, name: str) -> _Look:
        """The look of a style, with those that it is based on."""
        look = _Look()
        for _ in range(20):  # a chain that bites its tail ends here
            style = self._styles.get(name)
            if style is None:
                break
            look = look.over(_look(style.find(f"{_W}rPr")))
            look = look.over(_Look(background=_shade(style.find(f"{_W}pPr/{_W}shd"))))
            name = _value(style, f"{_W}basedOn")
        return look

    def _behind(self, around: list[Element]) -> Colour | None:
        """The colour behind a paragraph: of its table cell, or white.

        None in a table whose style colours its cells, where white words may well be seen.
        """
        for element in around:
            if element.tag == f"{_W}tc" and (shade := _shade(element.find(f"{_W}tcPr/{_W}shd"))):
                return shade
            if element.tag == f"{_W}tbl":
                style = self._styles.get(_value(element, f"{_W}tblPr/{_W}tblStyle"))
                if style is not None and any(_shade(e) for e in style.iter(f"{_W}shd")):
                    return None
        return WHITE


def _around(run: Element, above: Mapping[Element, Element]) -> Iterator[Element]:
    element: Element | None = above.get(run)
    while element is not None:
        yield element
        element = above.get(element)


def _look(properties: Element | None) -> _Look:
    """What run properties (w:rPr) say."""
    if properties is None:
        return _Look()
    colour = properties.find(f"{_W}color")
    theme = colour.get(f"{_W}themeColor", "") if colour is not None else ""
    white = theme in ("background1", "light1")
    size = _value(properties, f"{_W}sz")
    highlight = _value(properties, f"{_W}highlight")
    return _Look(
        _switched(properties, "vanish", "specVanish"),
        WHITE if white else colour_of(_value(properties, f"{_W}color")),
        _shade(properties.find(f"{_W}shd")) or (_MARKED if highlight not in ("", "none") else None),
        float(size) if size.replace(".", "", 1).isdigit() else None,
        _switched(properties, "strike", "dstrike"),
    )


def _switched(properties: Element, *tags: str) -> bool | None:
    """Whether one of these properties is on; None where none of them is mentioned."""
    found = [properties.find(f"{_W}{tag}") for tag in tags]
    said = [e.get(f"{_W}val", "1") not in ("0", "false", "off") for e in found if e is not None]
    return any(said) if said else None


_MARKED: Colour = (1, 1, 1)  # highlighted with a pen: some colour, none of them white


def _shade(element: Element | None) -> Colour | None:
    return colour_of(element.get(f"{_W}fill", "")) if element is not None else None


def _value(element: Element, path: str) -> str:
    found = element.find(path)
    return found.get(f"{_W}val", "") if found is not None else ""


register_namespace("w", _W.strip("{}"))
