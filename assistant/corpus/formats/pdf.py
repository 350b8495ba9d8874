"""PDF to Markdown: headings by the size of their letters, tables by their lines, no page frames."""

from __future__ import annotations

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pdfplumber
from pdfminer.layout import LTChar, LTTextBox, LTTextLine
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.page import Page
from pdfplumber.utils.exceptions import PdfminerException

from assistant.corpus.formats import Converted
from assistant.corpus.gate import NotAllowed
from assistant.corpus.hiding import WHITE, Colour, Hidden, alike

MAX_PAGES = 300
_LARGER = 1.12  # times the size of the text, and more: a heading
_LETTER = 0.5  # width of a letter, as a share of its size
_TINY = 2.5  # points
_EDGE = 0.12  # share of a page's height, above and below, in which headers and footers stand
_MARK = re.compile(r"^\s*(?:[•▪●◦‣\uf0b7–*-]|(\d{1,3})[.)])\s+(?=\S)")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#&|~])")
_LIGATURE = re.compile("[\ufb00-\ufb06]")
_PAGE_NUMBER = re.compile(r"(?:page|p\.|página)?\s*\d{1,4}\s*(?:(?:/|of|de)\s*\d{1,4})?", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of text, or a whole table, on a page; `top` is counted from the top, in points."""

    text: str
    page: int
    top: float
    bottom: float
    height: float  # of the page
    room: float = 0.0  # to the right of it, up to the longest line around it
    size: float = 0.0  # of its letters
    bold: bool = False
    table: bool = False
    starts_box: bool = False  # the first of a block of text


def pdf_to_markdown(data: bytes) -> Converted:
    """Raises NotAllowed for a PDF that is locked, damaged, too long, or only a picture of text."""
    hidden: list[Hidden] = []
    lines: list[_Line] = []
    try:
        with pdfplumber.open(io.BytesIO(data), laparams={}) as document:
            if len(document.pages) > MAX_PAGES:
                raise NotAllowed(f"it has {len(document.pages)} pages; {MAX_PAGES} at most")
            for page in document.pages:
                lines += _page(page, hidden)
                page.close()
    except (PdfminerException, PDFPasswordIncorrect) as error:
        locked = isinstance(error, PDFPasswordIncorrect) or any(
            isinstance(cause, PDFPasswordIncorrect) for cause in error.args
        )
        if locked:
            raise NotAllowed("it is protected by a password. Save it without one") from None
        raise
    if not lines:
        raise NotAllowed(
            "it holds pictures of text, as a scanner makes them. Save it as PDF from the program "
            "in which it was written, or use .docx"
        )
    kept = _without_frames(lines)
    return Converted(text="\n\n".join(_blocks(kept)), hidden=tuple(hidden))


# --- from a page to lines --------------------------------------------------------------------


def _page(page: Page, hidden: list[Hidden]) -> Iterator[_Line]:
    """The lines of a page in reading order, tables among them; what can't be seen is reported."""
    tables = [(table.bbox, table.extract()) for table in page.find_tables()]
    tables = [(box, rows) for box, rows in tables if _is_table(rows)]
    told: set[int] = set()
    for box in page.layout:
        if not isinstance(box, LTTextBox):
            continue
        first = True
        for line in box:
            if not isinstance(line, LTTextLine):
                continue
            inside = _table_around(line, page, [bbox for bbox, _ in tables])
            if inside is not None:
                if inside not in told:
                    told.add(inside)
                    yield _table_line(tables[inside], page)
                continue
            if found := _line(line, page, hidden):
                yield replace(found, starts_box=first, room=box.x1 - line.x1)
                first = False


def _line(line: LTTextLine, page: Page, hidden: list[Hidden]) -> _Line | None:
    seen: list[LTChar] = []
    text = ""
    unseen: dict[str, str] = {}
    reason = ""
    for character in line:
        words = character.get_text()
        if isinstance(character, LTChar) and words.strip():  # a blank is like what precedes it
            reason = _hiding(character, page)
        if reason:
            unseen[reason] = unseen.get(reason, "") + words
            continue
        text += words
        seen += [character] if isinstance(character, LTChar) and words.strip() else []
    hidden += [Hidden(what=reason, text=words) for reason, words in unseen.items() if words.strip()]
    flat = " ".join(text.split())
    if not seen or not flat:
        return None
    sizes = Counter(round(character.size, 1) for character in seen)
    bold = sum(bool(re.search("bold|black|heavy", c.fontname, re.I)) for c in seen)
    return _Line(
        text=_LIGATURE.sub(lambda sign: unicodedata.normalize("NFKC", sign[0]), flat),
        page=page.page_number,
        top=float(page.height) - line.y1,
        bottom=float(page.height) - line.y0,
        height=float(page.height),
        size=sizes.most_common(1)[0][0],
        bold=bold > len(seen) * 0.9,
    )


def _hiding(character: LTChar, page: Page) -> str:
    if character.size <= _TINY:
        return "text too small to be read"
    middle = (character.x0 + character.x1) / 2, (character.y0 + character.y1) / 2
    if not (0 <= middle[0] <= page.width and 0 <= middle[1] <= page.height):
        return "text placed outside of the page"
    if alike(_colour(character.graphicstate.ncolor), WHITE) and not _on_colour(middle, page):
        return "text in the colour of the page"
    return ""


def _colour(value: Any) -> Colour | None:
    """A PDF colour (grey, RGB or CMYK, each from 0 to 1) as red, green and blue."""
    given = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(number, int | float) for number in given):
        return None
    shares = [min(1.0, max(0.0, float(number))) for number in given]
    match shares:
        case [grey]:
            shares = [grey] * 3
        case [cyan, magenta, yellow, black]:
            shares = [(1 - ink) * (1 - black) for ink in (cyan, magenta, yellow)]
    if len(shares) != 3:
        return None
    red, green, blue = (round(255 * share) for share in shares)
    return red, green, blue


def _on_colour(point: tuple[float, float], page: Page) -> bool:
    """Whether something other than white is painted behind a point."""
    x, y = point[0], float(page.height) - point[1]
    for shape in (*page.rects, *page.curves, *page.images):
        if shape["x0"] <= x <= shape["x1"] and shape["top"] <= y <= shape["bottom"]:
            if shape["object_type"] == "image":
                return True
            colour = _colour(shape.get("non_stroking_color"))
            if shape.get("fill") and not alike(colour, WHITE):
                return True
    return False


# --- tables ----------------------------------------------------------------------------------


def _is_table(rows: Sequence[Sequence[str | None]]) -> bool:
    """Two rows and two columns with words in them; anything less is a box around text."""
    filled = [[cell for cell in row if cell and cell.strip()] for row in rows]
    return len([row for row in filled if row]) >= 2 and max(map(len, filled)) >= 2


def _table_around(line: LTTextLine, page: Page, boxes: Sequence[Any]) -> int | None:
    x, y = (line.x0 + line.x1) / 2, float(page.height) - (line.y0 + line.y1) / 2
    for number, (left, top, right, bottom) in enumerate(boxes):
        if left <= x <= right and top <= y <= bottom:
            return number
    return None


def _table_line(table: tuple[Any, Sequence[Sequence[str | None]]], page: Page) -> _Line:
    (_, top, _, bottom), rows = table
    cells = [[_escaped(" ".join((cell or "").split())) for cell in row] for row in rows]
    shown = ["| " + " | ".join(row) + " |" for row in cells if any(row)]
    rule = "|" + "---|" * len(cells[0])
    return _Line(
        text="\n".join([shown[0], rule, *shown[1:]]),
        page=page.page_number,
        top=top,
        bottom=bottom,
        height=float(page.height),
        table=True,
        starts_box=True,
    )


# --- from lines to Markdown ------------------------------------------------------------------


def _without_frames(lines: Sequence[_Line]) -> list[_Line]:
    """Without page numbers, and without what stands at the edge of several pages."""
    pages = len({line.page for line in lines})
    places = Counter(key for _, key in {(line.page, _frame_key(line)) for line in lines})
    often = max(2, pages // 3)

    def frames(line: _Line) -> bool:
        if line.table or not _at_edge(line):
            return False
        return places[_frame_key(line)] >= often or bool(_PAGE_NUMBER.fullmatch(line.text))

    return [line for line in lines if not frames(line)]


def _at_edge(line: _Line) -> bool:
    return line.bottom < line.height * _EDGE or line.top > line.height * (1 - _EDGE)


def _frame_key(line: _Line) -> str:
    """What stays the same from page to page: the words and the place, not the numbers."""
    return f"{re.sub(r'[0-9]+', '#', line.text)} at {round(line.top / 4)}" if _at_edge(line) else ""


@dataclass(frozen=True, slots=True)
class _Scale:
    """The sizes of letters in a document: of its text, and of its headings, largest first."""

    body: float
    headings: tuple[int, ...]

    def level(self, line: _Line) -> int:
        """The level of a heading, or 0 for text. A short bold line is a heading below the rest."""
        if line.table:
            return 0
        if round(line.size) in self.headings:
            return min(6, self.headings.index(round(line.size)) + 1)
        short = len(line.text) < 100 and not line.text.endswith((".", ",", ";", ":"))
        bold = line.bold and short and line.size >= self.body * 0.98
        return min(6, len(self.headings) + 1) if bold else 0


def _scale(lines: Iterable[_Line]) -> _Scale:
    letters: Counter[float] = Counter()
    for line in lines:
        if not line.table:
            letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0] if letters else 0.0
    larger = {round(size) for size in letters if size >= body * _LARGER} - {round(body)}
    return _Scale(body, tuple(sorted(larger, reverse=True)))


def _blocks(lines: Sequence[_Line]) -> Iterator[str]:
    """Headings, items, tables and paragraphs as Markdown."""
    scale = _scale(lines)
    known = {word.lower() for line in lines for word in re.findall(r"\w+", line.text)}
    block: list[_Line] = []
    for line in lines:
        if block and _begins(line, block[-1], scale):
            yield _block(block, scale, known)
            block = []
        block.append(line)
    if block:
        yield _block(block, scale, known)


def _begins(line: _Line, before: _Line, scale: _Scale) -> bool:
    """Whether a line begins a block of its own."""
    if line.table or before.table or _MARK.match(line.text):
        return True
    if scale.level(line) != scale.level(before):
        return True
    ended = before.text.endswith((".", "!", "?", ":"))
    if line.page != before.page:  # a sentence goes on over the page
        return ended
    gap = line.top - before.bottom
    if scale.level(line):
        return gap > line.size
    first_word = len(line.text.split(" ")[0]) * _LETTER * line.size
    fits = before.room > first_word + line.size  # so the line was ended on purpose
    return gap > 0.7 * line.size or fits or (line.starts_box and ended)


def _block(lines: Sequence[_Line], scale: _Scale, known: set[str]) -> str:
    if lines[0].table:
        return lines[0].text
    text = lines[0].text
    for line in lines[1:]:
        text = _joined(text, line.text, known)
    if level := scale.level(lines[0]):
        return f"{'#' * level} {_escaped(text)}"
    if mark := _MARK.match(text):
        number = f"{mark.group(1)}." if mark.group(1) else "-"
        return f"{number} {_escaped(text[mark.end() :])}"
    return _escaped(text)


def _joined(text: str, following: str, known: set[str]) -> str:
    """Two lines as one; a word that was divided at the end of the line becomes whole again."""
    head = re.search(r"(\w+)[-\u00ad\u2010]$", text)
    tail = re.match(r"[a-záéíóúñü]+", following)
    if not head or not tail:
        return f"{text} {following}"
    whole = f"{head.group(1)}{tail.group(0)}".lower()
    compound = whole not in known and head.group(1).lower() in known and tail.group(0) in known
    return text + following if compound else text[:-1] + following


def _escaped(text: str) -> str:
    """Words of the page, not marks of Markdown."""
    return _SPECIAL.sub(r"\\\1", text)
