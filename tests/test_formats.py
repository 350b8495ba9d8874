"""Word, PDF and HTML: what readers see comes through, what they can't see is reported."""

from __future__ import annotations

import sys
import zipfile
from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import RGBColor

from assistant.corpus.formats import sandbox, to_markdown
from assistant.corpus.gate import NotAllowed
from assistant.corpus.markdown import normalised
from tests import documents
from tests.documents import SECRET, SLEEP

DATA = Path(__file__).parent / "data"


def body(data: bytes, suffix: str) -> str:
    return normalised(to_markdown(data, suffix).text).text


def hidden(data: bytes, suffix: str) -> list[str]:
    found = to_markdown(data, suffix)
    return [each.text for each in (*found.hidden, *normalised(found.text).hidden)]


def refusal(data: bytes, suffix: str) -> str:
    with pytest.raises(NotAllowed) as refused:
        sandbox.convert(data, suffix)
    return refused.value.reason


@pytest.mark.parametrize(
    ("data", "suffix"),
    [(documents.word(), ".docx"), (documents.pdf(), ".pdf"), (documents.html(), ".html")],
    ids=["word", "pdf", "html"],
)
def test_headings_lists_and_tables_come_through_and_page_frames_do_not(data, suffix):
    lines = body(data, suffix).split("\n")
    headings = [line for line in lines if line.startswith("#")]
    assert headings[0] == "# Sleep and mood"
    assert headings[1].lstrip("# ").startswith("Does poor sleep cause depression")
    assert any(SLEEP in line for line in lines)
    assert "| Treatment | Weeks |" in lines
    assert "| CBT-I | 6 |" in lines
    if suffix != ".pdf":
        assert "- Get up at a fixed time" in lines
    framed = ("PRACTICE", "Practice", "Page 1", "Home", "Imprint")
    assert not [line for line in lines if any(word in line for word in framed)]


def test_a_page_printed_by_a_browser_keeps_every_paragraph():
    """Across page breaks, without the browser's date, address and page numbers."""
    article = (DATA / "printed.md").read_text(encoding="utf-8").split("---", 2)[2]
    wanted = {line for line in normalised(article).text.split("\n\n") if not line.startswith("-")}
    found = set(body((DATA / "printed.pdf").read_bytes(), ".pdf").split("\n\n"))
    assert wanted - found == set()
    assert not any("127.0.0.1" in line or "11/24/26" in line for line in found)


@pytest.mark.parametrize(
    "change",
    [documents.hidden_run, documents.white_run, documents.tiny_run, documents.hidden_style],
)
def test_what_word_does_not_show_is_left_out_and_reported(change):
    data = documents.word(change)
    assert "skip the doctor" not in body(data, ".docx")
    assert any(SECRET in text for text in hidden(data, ".docx"))


def test_white_words_in_a_dark_table_cell_are_seen():
    def dark_cell(document: docx.document.Document) -> None:
        cell = document.tables[0].rows[0].cells[0]
        shade = OxmlElement("w:shd")
        shade.set(qn("w:fill"), "1F3864")
        cell._tc.get_or_add_tcPr().append(shade)
        cell.paragraphs[0].runs[0].font.color.rgb = RGBColor(255, 255, 255)

    data = documents.word(dark_cell)
    assert "| Treatment | Weeks |" in body(data, ".docx")
    assert hidden(data, ".docx") == []


@pytest.mark.parametrize("change", ["w:del", "w:ins", "w:moveFrom", "w:moveTo"])
def test_changes_that_nobody_accepted_are_left_out_and_reported(change):
    """What is reported as left out must not go live: neither version has been agreed to."""

    def tracked(document: docx.document.Document) -> None:
        run = OxmlElement("w:r")
        text = OxmlElement("w:delText" if change == "w:del" else "w:t")
        text.text = "It never fails."
        run.append(text)
        changed = OxmlElement(change)
        changed.append(run)
        document.paragraphs[1]._p.append(changed)

    data = documents.word(tracked)
    assert "never fails" not in body(data, ".docx")
    assert SLEEP in body(data, ".docx")
    assert hidden(data, ".docx") == ["It never fails."]


def test_a_change_inside_a_change_is_told_once():
    def tracked(document: docx.document.Document) -> None:
        insertion, deletion = OxmlElement("w:ins"), OxmlElement("w:del")
        for change, tag, words in ((insertion, "w:t", "It helps."), (deletion, "w:delText", "No.")):
            run, text = OxmlElement("w:r"), OxmlElement(tag)
            text.text = words
            run.append(text)
            change.append(run)
        insertion.append(deletion)
        document.paragraphs[1]._p.append(insertion)

    assert sorted(hidden(documents.word(tracked), ".docx")) == ["It helps.", "No."]


@pytest.mark.parametrize("strike", ["strike", "double_strike"])
def test_words_struck_out_in_word_are_left_out_and_reported(strike):
    def struck(document: docx.document.Document) -> None:
        run = document.paragraphs[1].add_run(" Take it twice.")
        setattr(run.font, strike, True)

    data = documents.word(struck)
    assert "twice" not in body(data, ".docx")
    assert hidden(data, ".docx") == [" Take it twice."]


@pytest.mark.parametrize(
    "struck",
    ["~~Take it twice.~~", "<s>Take it twice.</s>", "<del>Take it twice.</del>",
     '<span style="text-decoration: line-through">Take it twice.</span>'],
)  # fmt: skip
def test_words_struck_out_are_no_words_of_a_text_or_web_page(struck):
    found = normalised(f"Seen. {struck} Seen, too.")
    assert (found.text, [each.text for each in found.hidden]) == (
        "Seen. Seen, too.",
        ["Take it twice."],
    )
    if struck.startswith("<"):
        data = documents.html(f"<p>Seen. {struck}</p>")
        assert "twice" not in body(data, ".html")
        assert hidden(data, ".html") == ["Take it twice."]


@pytest.mark.parametrize(
    "opened",
    [
        '<div style="display:none">',
        '<div style="display:none"/>',  # which HTML does not take as closed
        '<div\nstyle="display:none"',  # whose end is missing
        "<div hidden>\n\n<p>\n\n</p>",
    ],
)
def test_a_tag_hides_the_blocks_of_markdown_below_it_until_it_is_closed(opened):
    inside = "Hidden words.\n\n- an item\n\n| cell | cell |\n|---|---|\n\n```\ncode\n```"
    found = normalised(f"Before.\n\n{opened}\n\n{inside}\n\n</div>\n\nAfter.")
    assert found.text == "Before.\n\nAfter."
    told = [each.text for each in found.hidden if each.what != "HTML"]
    assert told == ["Hidden words.", "an item", "cell", "cell", "code"]


def test_an_image_that_is_hidden_hides_nothing_else():
    assert normalised('Seen <img hidden src="x.png"> and seen.').text == "Seen and seen."


@pytest.mark.parametrize(
    ("inside", "head"),
    [
        (f"<p style='display:none'>{SECRET}</p>", ""),
        (f"<p style='color:#fff'>{SECRET}</p>", ""),
        (f"<p style='color: rgb(254, 254, 254)'>{SECRET}</p>", ""),
        (f"<p><font color=white>{SECRET}</font></p>", ""),
        (f"<p style='font-size:0'>{SECRET}</p>", ""),
        (f"<p style='position:absolute; left:-9999px'>{SECRET}</p>", ""),
        (f"<p style='opacity:0'>{SECRET}</p>", ""),
        (f"<p style='background:#123;color:#123'>{SECRET}</p>", ""),
        (f"<p hidden>{SECRET}</p>", ""),
        (f"<p class='ghost'>{SECRET}</p>", "<style>.ghost { visibility: hidden }</style>"),
        (f"<!-- {SECRET} -->", ""),
        (f"<img src='x.png' alt='{SECRET}'>", ""),
        (f"<p><a href='https://a.example' title='{SECRET}'>a link</a></p>", ""),
    ],
)
def test_what_a_browser_does_not_show_is_left_out_and_reported(inside, head):
    data = documents.html(inside, head)
    assert "skip the doctor" not in body(data, ".html")
    assert any(SECRET in text for text in hidden(data, ".html"))


def test_white_words_on_a_dark_background_are_seen():
    data = documents.html('<div style="background:#003"><p style="color:white">Seen.</p></div>')
    assert "Seen." in body(data, ".html")
    assert hidden(data, ".html") == []


def test_rules_for_paper_and_rules_that_are_overruled_hide_nothing():
    """As in a browser: an important rule wins, then the one that names more, then the later."""
    head = """<style>
        @media print { .tip { display: none } .menu { color: #fff } }
        @media screen { .ghost { display: none } }
        .tab.active { display: block } .tab { display: none }
        .gone { display: none !important } .gone.shown { display: block }
        .early { display: none } .early { display: block }
        .late { display: block } .late { display: none }
        .dark { background: #003 } .dark p { color: #fff }
    </style>"""
    inside = """<p class="tip">A tip.</p><p class="ghost">A ghost.</p>
        <p class="tab active">First tab.</p><p class="tab">Second tab.</p>
        <p class="gone shown">Gone.</p><p class="early">Shown late.</p>
        <p class="late">Hidden late.</p><div class="dark"><p>White on blue.</p></div>"""
    data = documents.html(inside, head)
    seen = body(data, ".html")
    assert all(words in seen for words in ("A tip.", "First tab.", "Shown late.", "White on blue."))
    assert hidden(data, ".html") == ["A ghost.", "Second tab.", "Gone.", "Hidden late."]


@pytest.mark.parametrize(
    "page",
    [
        "<main><p>{}</p><aside class='warning'>Never stop suddenly.</aside></main>",
        "<article><p>{}</p><footer>Never stop suddenly.</footer></article>",
        "<main><p>{}</p><section><header><h2>Never stop suddenly.</h2></header></section></main>",
        "<form><p>{}</p><p>Never stop suddenly.</p><input name='state'></form>",
        "<head><title>Practice</title><body><p>{}</p><p>Never stop suddenly.</p></body>",
        "<section><header><h1>Never stop suddenly.</h1></header><p>{}</p></section>",
    ],
)
def test_no_part_of_an_article_on_a_web_page_vanishes(page):
    found = body(f"<html>{page.format(SLEEP)}</html>".encode(), ".html")
    assert SLEEP in found
    assert "Never stop suddenly." in found
    assert "Practice" not in found


def test_of_several_articles_on_a_page_the_longest_is_taken_and_the_others_are_reported():
    page = f"<body><article>A teaser.</article><article><p>{SLEEP}</p></article></body>".encode()
    assert body(page, ".html") == SLEEP
    assert hidden(page, ".html") == ["A teaser."]


def test_scripts_never_become_text():
    data = documents.html("<script>alert(1)</script><p onclick='alert(2)'>Words.</p>")
    assert "alert" not in body(data, ".html")
    assert len(hidden(data, ".html")) == 2


@pytest.mark.parametrize(
    "change", [documents.white_line, documents.tiny_line, documents.line_off_the_page]
)
def test_what_a_pdf_does_not_show_is_left_out_and_reported(change):
    data = documents.pdf(2, change=change)
    assert "skip the doctor" not in body(data, ".pdf")
    assert any("skip the doctor" in text for text in hidden(data, ".pdf"))


def test_white_words_on_a_black_bar_are_seen():
    data = documents.pdf(2, change=documents.white_on_black)
    assert "White words on a black bar." in body(data, ".pdf")


def test_words_that_look_like_markup_stay_words():
    def literal(document: docx.document.Document) -> None:
        document.add_paragraph("Write <b>5_000_000</b>, *not* [5](x) & # `five`.")

    assert "Write <b>5_000_000</b>, *not* [5](x) & # `five`." in body(
        documents.word(literal), ".docx"
    )


# --- files that are no articles --------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "suffix", "says"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, ".docx", "password"),
        (b"PK\x03\x04 not a zip", ".docx", "not a Word file"),
        (documents.word()[:2000], ".docx", "not a Word file"),
        (b"%PDF-1.4\nbroken", ".pdf", "damaged"),
        (b"not a pdf at all", ".pdf", "damaged"),
        ("<p>caf\u00e9</p>".encode("latin-1"), ".html", "UTF-8"),
        (b"<div>" * 5000, ".html", "nested"),
    ],
)
def test_t71_broken_files_are_refused_with_what_to_do(data, suffix, says):
    assert says in refusal(data, suffix)


def test_t71_a_locked_pdf_is_refused():
    import fpdf

    paper = fpdf.FPDF()
    paper.set_encryption(owner_password="owner", user_password="secret")
    paper.add_page()
    paper.set_font("Helvetica", size=11)
    paper.cell(0, 10, SLEEP)
    assert "protected by a password" in refusal(bytes(paper.output()), ".pdf")


def test_t71_a_scanned_pdf_is_refused():
    import fpdf

    paper = fpdf.FPDF()
    paper.add_page()
    paper.rect(10, 10, 50, 50, style="F")
    assert "pictures of text" in refusal(bytes(paper.output()), ".pdf")


def test_t74_a_zip_bomb_is_refused_before_it_unfolds():
    bomb = documents.repacked(documents.word(), "word/document.xml", b"<a>" + b" " * 90_000_000)
    assert len(bomb) < 200_000
    assert "unpacks" in refusal(bomb, ".docx")


def test_t74_a_part_that_lies_about_its_size_is_refused():
    data = documents.repacked(documents.word(), "word/document.xml", b"<a>" + b" " * 5_000_000)
    size = (5_000_003).to_bytes(4, "little")
    lied = data.replace(size, (1000).to_bytes(4, "little"))
    assert lied != data
    assert refusal(lied, ".docx")


def test_t74_xml_entities_are_refused():
    lol = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    part = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "lol">{lol}]><d>&l9;</d>'
    bomb = documents.repacked(documents.word(), "word/document.xml", part.encode())
    assert "XML entities" in refusal(bomb, ".docx")


def test_t73_a_word_file_can_not_bring_in_another_file(tmp_path):
    """Neither as an XML entity nor as a picture that is linked instead of embedded."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    part = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]><d>&x;</d>'.encode()
    assert refusal(documents.repacked(documents.word(), "word/document.xml", part), ".docx")

    relations = zipfile.ZipFile(BytesIO(documents.word())).read("word/_rels/document.xml.rels")
    linked = relations.replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" TargetMode="External" Target="' + secret.as_uri().encode() +
        b'" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/>'
        b"</Relationships>",
    )  # fmt: skip
    data = documents.repacked(documents.word(), "word/_rels/document.xml.rels", linked)
    assert "the secret" not in sandbox.convert(data, ".docx").text


def test_a_conversion_that_takes_too_long_is_ended():
    with pytest.raises(NotAllowed, match="within"):
        sandbox.convert(documents.pdf(2), ".pdf", seconds=0.001)


def test_the_converting_process_may_open_nothing_else(tmp_path):
    """In a process of its own, since the limits last for the rest of its life."""
    import subprocess

    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    attempts = [
        f"open({str(secret)!r})",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        "__import__('socket').socket()",
        "__import__('os').system('true')",
        "__import__('subprocess').run(['true'])",
    ]
    lines = "from assistant.corpus.formats.sandbox import confine\nconfine()\n"
    for attempt in attempts:
        lines += f"try:\n    {attempt}\n    print('allowed')\nexcept PermissionError:\n    pass\n"
    command = [sys.executable, "-c", lines]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "new").exists()
