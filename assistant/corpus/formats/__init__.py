"""Word, PDF and HTML to Markdown. Each module here turns the bytes of one format into text.

Call `sandbox.convert`, which does it in a process of its own: these files come from anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.corpus.hiding import Hidden

FORMATS = (".docx", ".pdf", ".html", ".htm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Markdown of what readers would see, and what was hidden from them and left out."""

    text: str
    hidden: tuple[Hidden, ...] = ()


def to_markdown(data: bytes, suffix: str) -> Converted:
    """Converts in this process. Raises NotAllowed in words for the editor; anything else that a
    broken file makes a library raise comes through as it is.
    """
    if suffix == ".docx":
        from assistant.corpus.formats.word import word_to_markdown

        return word_to_markdown(data)
    if suffix == ".pdf":
        from assistant.corpus.formats.pdf import pdf_to_markdown

        return pdf_to_markdown(data)
    from assistant.corpus.formats.html import html_to_markdown

    return html_to_markdown(data)
