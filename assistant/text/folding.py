"""One plain form for the many ways in which a word can be typed, disguised or misspelt.

`fold` gives lower-case words, one space between them and one line a sentence. Every step looks at
each character or word a bounded number of times, so the time grows with the length alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz.distance import OSA

# Letters that look like Latin ones and that Unicode does not count as their variants.
_SMALL_CAPITALS = dict(
    zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡɩʟɾʋıøłđ", "abcdefghijklmnoprstuvwyzagilrviold", strict=True)
)
_LOOKALIKES = dict(
    zip("аеорсухіѕјԁһӏкмнтвαβεικνορτυχγωσ", "aeopcyxisjdhlkmhtbabeikvoptuxyws", strict=True)
)
_LEET = str.maketrans("013457@$!|+€", "oieastasilte")
_QUOTES = frozenset("'’‘ʼ`´＇ʹ′")
_PICTURES = {
    "🔫": "gunpicture", "🔪": "knifepicture", "🗡": "knifepicture", "💊": "pillpicture",
    "🩸": "bloodpicture", "💀": "skullpicture", "☠": "skullpicture", "⚰": "coffinpicture",
    "🪦": "coffinpicture", "😭": "cryingpicture", "😢": "cryingpicture", "💔": "cryingpicture",
    "😔": "cryingpicture", "🥀": "cryingpicture", "😞": "cryingpicture", "🪢": "ropepicture",
}  # fmt: skip

_ABBREVIATION = re.compile(r"\b(dr|st|mr|mrs|ms|sr|sra|vs|mg|approx|etc)\.(?=\s)")
_SOFT_STOP = re.compile(r"\.{2,}|(?<=\d)[.,](?=\d)")
_STOP = re.compile(r"[.!?;]+(?=\s|$|[\"')\]])|[\r\n\v\f\x85\u2028\u2029]+|[。！？]+|[¿¡]+")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][ .\-_*/|,]){3,}[^\W_](?![^\W_])")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[a-z]+")
_RUN = re.compile(r"(.)\1+")
_TRIPLE = re.compile(r"(.)\1{2,}")
_MASK = re.compile(r"[*#_\-.]")
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The words that disguises and misspellings are led back to.

    `words` are found behind leet, stretching, masks and split letters; `misspelt` also behind
    slips of the finger; `never` are real words that only look like slips; `short` are everyday
    short forms and what they stand for; `squashed` are phrases typed without spaces.
    """

    words: frozenset[str] = frozenset()
    misspelt: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    short: Mapping[str, str] = field(default_factory=dict)
    squashed: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


NO_WORDS = Lexicon()


def clean(text: str) -> str:
    """`text` without control, formatting and broken characters; line breaks and tabs stay."""
    return text.translate({ord(char): _visible(char) for char in set(text)})


def fold(text: str, lexicon: Lexicon = NO_WORDS) -> str:
    """Lower-case words without accents or disguise, one sentence a line."""
    plain = text.translate({ord(char): _plain(char) for char in set(text)})
    plain = _SOFT_STOP.sub(" ", _ABBREVIATION.sub(r"\1", plain))
    lines = (_fold_line(line, lexicon) for line in _STOP.split(plain))
    return "\n".join(line for line in lines if line)


def fold_words(words: Iterable[str]) -> list[str]:
    """Plain forms of single words, as they stand in folded text."""
    return [_letters(word.translate({ord(c): _plain(c) for c in set(word)})) for word in words]


def _letters(word: str) -> str:
    return " ".join(_WORD.findall(word))


@lru_cache(maxsize=4096)
def _visible(char: str) -> str:
    if char in "\n\t":
        return char
    if char == "\r":
        return "\n"
    return "" if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"} else char


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """What one character stands for: nothing, itself, a Latin letter or a word."""
    if char in "\r\n\t\v\f\x85\u2028\u2029":
        return " " if char == "\t" else char
    if char in _QUOTES:
        return ""
    if picture := _PICTURES.get(char):
        return f" {picture} "
    if letter := _enclosed(char):
        return letter
    decomposed = unicodedata.normalize("NFKD", char)
    kept = "".join(c for c in decomposed if unicodedata.category(c) not in _UNSEEN).lower()
    if len(kept) > 4:  # one sign that stands for a whole phrase
        return " "
    return "".join(_SMALL_CAPITALS.get(c, c) for c in kept)


_UNSEEN = frozenset({"Mn", "Me", "Mc", "Cc", "Cf", "Cs", "Co", "Sk"})


def _enclosed(char: str) -> str:
    """The letter inside a negative circle or square, or of a flag."""
    code = ord(char)
    for first in (0x1F150, 0x1F170, 0x1F1E6):
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    return ""


def _fold_line(line: str, lexicon: Lexicon) -> str:
    line = _SPACED.sub(_joined, line)
    words: list[str] = []
    for piece in line.split():
        words += _fold_piece(piece, lexicon)
    return " ".join(_rejoined(words, lexicon))


def _joined(match: re.Match[str]) -> str:
    """`s u i c i d e` as one word."""
    return re.sub(r"[ .\-_*/|,]", "", match[0])


@lru_cache(maxsize=65536)
def _fold_piece(piece: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The words in a stretch without spaces."""
    if undisguised := _undisguise(piece, lexicon):
        return tuple(undisguised.split())
    found: list[str] = []
    for word in _WORD.findall(piece):
        found += _fold_word(_latin(word), lexicon).split()
    return tuple(found)


def _undisguise(piece: str, lexicon: Lexicon) -> str:
    """The word of the lexicon behind digits, signs or blanked letters, or nothing."""
    bare = piece.strip('.,:;?"()[]{}<>~…“”«»-')
    if not lexicon.words or not 3 <= len(bare) <= _LONGEST_WORD or bare.isalpha():
        return ""
    for candidate in (bare, bare.rstrip("!|")):
        plain = _latin(candidate.translate(_LEET))
        if plain in lexicon.words or plain in lexicon.squashed:
            return lexicon.squashed.get(plain, plain)
        if any(c.isdigit() or c in "@$!|" for c in candidate) and plain.isalpha() and plain:
            near = _nearest(plain, lexicon)
            if near:
                return near
        if "*" in candidate or "#" in candidate or "_" in candidate:
            masked = _MASK.sub(".", candidate.translate(_LEET).replace("*", "."))
            if masked.count(".") < len(masked) / 2 and re.fullmatch(r"[a-z.]+", masked):
                hits = [w for w in sorted(lexicon.words) if re.fullmatch(masked, w)]
                if hits:
                    return hits[0]
        together = re.sub(r"[^a-z]", "", plain)
        if together in lexicon.misspelt and together != piece:
            return together
    return ""


def _latin(word: str) -> str:
    """Look-alikes of other alphabets made Latin, where the word mixes alphabets or is all such."""
    if word.isascii():
        return word
    if any("a" <= c <= "z" for c in word) or all(c in _LOOKALIKES for c in word):
        return "".join(_LOOKALIKES.get(c, c) for c in word)
    return word


def _fold_word(word: str, lexicon: Lexicon) -> str:
    if word in lexicon.short:
        return lexicon.short[word]
    if word in lexicon.words or word in lexicon.never or len(word) > _LONGEST_WORD:
        return word
    if word in lexicon.squashed:
        return lexicon.squashed[word]
    if _TRIPLE.search(word):
        return _unstretched(word, lexicon)
    return _nearest(word, lexicon) or word


def _unstretched(word: str, lexicon: Lexicon) -> str:
    """`diiiie` is `die`, `killll` is `kill`."""
    bare = _RUN.sub(r"\1", word)
    if bare in lexicon.short:
        return lexicon.short[bare]
    known = [w for w in (bare, _TRIPLE.sub(r"\1\1", word), _TRIPLE.sub(r"\1", word))
             if w in lexicon.words]  # fmt: skip
    if known:
        return known[0]
    return _squeezed(lexicon).get(bare) or _TRIPLE.sub(r"\1", word)


@lru_cache(maxsize=8)
def _squeezed(lexicon: Lexicon) -> dict[str, str]:
    return {_RUN.sub(r"\1", word): word for word in sorted(lexicon.words)}


@lru_cache(maxsize=8)
def _by_first_letter(lexicon: Lexicon) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in sorted(lexicon.misspelt):
        for letter in {word[0], word[1]}:
            found.setdefault(letter, []).append(word)
    return found


def _nearest(word: str, lexicon: Lexicon) -> str:
    """The one word that a slip of the finger was meant to be, or nothing.

    Four and five letters: two neighbours swapped. From six: one slip; from nine: two (optimal
    string alignment distance).
    """
    if len(word) < 4 or word in lexicon.never or not _LETTERS.fullmatch(word):
        return ""
    for known in _by_first_letter(lexicon).get(word[0], ()):
        allowed = 1 if len(known) < 9 else 2
        if abs(len(known) - len(word)) > allowed:
            continue
        if len(known) < 6 and sorted(known) != sorted(word):
            continue
        if OSA.distance(word, known, score_cutoff=allowed) <= allowed:
            return known
    return ""


def _rejoined(words: list[str], lexicon: Lexicon) -> list[str]:
    """`sui cide` as one word, where neither half makes sense without the other."""
    found: list[str] = []
    for word in words:
        if found and len(word) < 10 and found[-1] + word in lexicon.misspelt:
            found[-1] += word
        else:
            found.append(word)
    return found
