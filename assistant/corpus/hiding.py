"""What hides words from readers, or takes them back: invisible characters, tags and styles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.text.folding import clean

# Characters that show nothing and can hide something: controls, zero-width, direction
# marks, halves of surrogate pairs, and the tags in which whole sentences can hide.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
_ALIKE = 16  # of 255: two colours nearer than this can't be told apart by eye
_TINY = 2.0  # points, and less
STRUCK = "struck-out text"
_STRUCK = ("s", "strike", "del")
_UNSHOWN = ("script", "style", "template", "noscript", "title", "textarea", "iframe")
_NAMES = {"white": "ffffff", "snow": "fffafa", "ivory": "fffff0", "black": "000000"}
_AWAY = re.compile(r"-\d{3,}")  # "-9999px"
_DECLARATION = re.compile(r"([\w-]+)\s*:\s*([^;]+)")
_SIZE = re.compile(r"(\d*\.?\d+)\s*(px|pt|em|rem|%)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Something that readers can't see and that is left out: what it is, and what it says."""

    what: str
    text: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.what}: “{shortened(self.text)}”" if self.text else self.what


def shortened(text: str, length: int = 80) -> str:
    """One line of at most that many characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def hidden_by_tag(name: str) -> str:
    """How an HTML element hides its text, or takes it back, whatever its attributes say."""
    if name in _STRUCK:
        return STRUCK
    return "an element that shows no text" if name in _UNSHOWN else ""


def hidden_by_attributes(
    attributes: Mapping[str, str | None], background: Colour | None = WHITE
) -> str:
    """How the attributes of an HTML element hide its text; empty when they do not.

    `background` is the colour behind the element, None where it is not known.
    """
    if "hidden" in attributes:
        return "an element marked as hidden"
    style = attributes.get("style") or ""
    if colour := attributes.get("color"):  # <font color="white">
        style += f"; color: {colour}"
    return hidden_by_style(style, background)


def hidden_by_style(style: str, background: Colour | None = WHITE) -> str:
    """How a CSS style hides text; empty when it does not."""
    rules = _declarations(style)
    if rules.get("display") == "none" or rules.get("visibility") in ("hidden", "collapse"):
        return "text that is not displayed"
    if any("line-through" in rules.get(f"text-decoration{end}", "") for end in ("", "-line")):
        return STRUCK
    if _number(rules.get("opacity")) == 0:
        return "transparent text"
    if _tiny(rules.get("font-size", "")):
        return "text too small to be read"
    places = (rules.get(key, "") for key in ("left", "top", "text-indent", "margin-left"))
    if any(map(_AWAY.match, places)) or re.match(r"rect\(0", rules.get("clip", "")):
        return "text placed outside of the page"
    if rules.get("overflow") == "hidden" and _number(rules.get("height") or "1") == 0:
        return "text in a box without height"
    if rules.get("color") == "transparent":
        return "transparent text"
    behind = background_of(style, background)
    if behind and alike(colour_of(rules.get("color", "")), behind):
        return "text in the colour of the page"
    return ""


def background_of(style: str, inherited: Colour | None) -> Colour | None:
    """The colour behind an element with this style; None where it can't be told."""
    rules = _declarations(style)
    given = rules.get("background-color") or rules.get("background")
    if not given or given in ("none", "transparent", "inherit", "initial"):
        return inherited
    return colour_of(given)


def colour_of(text: str) -> Colour | None:
    """`#fff`, `ffffff`, `rgb(255, 255, 255)` or a plain name as numbers; None for the rest."""
    text = text.strip().lower()
    text = _NAMES.get(text, text.removeprefix("#"))
    if re.fullmatch(r"[0-9a-f]{3}", text):
        text = "".join(digit * 2 for digit in text)
    if re.fullmatch(r"[0-9a-f]{6}", text):
        return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)
    if numbers := re.match(r"rgba?\(\s*(\d{1,3})[,\s]+(\d{1,3})[,\s]+(\d{1,3})", text):
        red, green, blue = (min(255, int(number)) for number in numbers.groups())
        return red, green, blue
    return None


def alike(one: Colour | None, other: Colour | None) -> bool:
    """Whether two colours look the same; an unknown colour is like no other."""
    if one is None or other is None:
        return False
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < _ALIKE


def _declarations(style: str) -> dict[str, str]:
    found = _DECLARATION.findall(style.lower())
    return {key: value.replace("!important", "").strip() for key, value in found}


def _tiny(size: str) -> bool:
    match = _SIZE.match(size)
    if not match:
        return False
    points = float(match[1]) * {"em": 12, "rem": 12, "%": 0.12}.get(match[2] or "", 1)
    return points <= _TINY


def _number(text: str | None) -> float | None:
    match = re.match(r"\d*\.?\d+", text or "")
    return float(match[0]) if match else None
