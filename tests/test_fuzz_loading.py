"""Whatever stands in the corpus folder, loading ends with articles and reasons: no crash, no hang.

CI tries some damaged files; `FUZZ_FILES=4000 pytest tests/test_fuzz_loading.py` tries more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assistant.corpus import load_corpus
from assistant.corpus.gate import NotAllowed, parse_yaml
from assistant.corpus.lint import linted
from assistant.corpus.markdown import normalised
from assistant.settings import ROOT
from tests.conftest import TMS, TODAY, front_matter

COUNT = os.environ.get("FUZZ_FILES", "150")

# Pieces that Markdown, HTML and YAML give a meaning, so that the examples are not all plain prose.
PIECES = st.sampled_from(
    [
        *("\n", "\n\n", "# ", "## References\n", "- ", "1. ", "* ", "> ", "|", "---\n", "```", "`"),
        *("<!--", "-->", "<b", "<span style='color:#fff'>", "</span>", "![", "](", ")", "[x]: "),
        *(
            '"',
            "'",
            "\\",
            "&lt;",
            "&#0;",
            "&#xD800;",
            "<![CDATA[",
            "<?php",
            "<!X",
            "**",
            "_",
            "~~~",
        ),
        *("\t", "\r", "\u200b", "\u202e", "\U000e0041", "\x00", "\x1b[2J", "(Lee, 2011)", "10.1/x"),
        *("1-800-273-8255", "suicide", "2 weeks", "twice", "status: ", "{", "}", ": ", "!!", "&a "),
    ]
)
TEXT = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=60).map("".join)
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZ
@given(TEXT)
@example("| a |\n|---|\n")
@example("<![")
@example("<span style='color:white'>" * 3)
def test_any_markdown_is_normalised_with_a_line_for_each_line(text):
    body = normalised(text)
    lines = body.text.count("\n") + 1 if body.text else 0
    assert len(body.lines) in (lines, lines + 1)
    assert all(1 <= line <= text.replace("\r\n", "\n").count("\n") + text.count("\r") + 1
               for line in body.lines)  # fmt: skip
    assert "\u200b" not in body.text


@FUZZ
@given(TEXT)
@example("a: 2026-02-30")
@example("\x1f")
@example("[" * 9000)
@example("a: !!int 9" + "9" * 5000)
@example('"\\ud800": x')
def test_any_front_matter_is_a_table_or_a_reason(text):
    try:
        metadata = parse_yaml(text)
    except NotAllowed as error:
        assert error.reason
    else:
        assert metadata.values.keys() == metadata.lines.keys()


@FUZZ
@given(st.one_of(st.binary(max_size=300), TEXT.map(lambda t: t.encode("utf-8", "replace"))))
def test_any_bytes_in_an_article_end_as_an_article_or_a_rejection(tmp_path, data):
    folder = tmp_path / "articles"
    folder.mkdir(exist_ok=True)
    (folder / "raw.md").write_bytes(data)
    (folder / "framed.md").write_bytes(front_matter(title="T").encode() + TMS.encode() + data)
    corpus = linted(load_corpus(tmp_path, TODAY))
    told = {r.path for r in corpus.rejections} | {a.path for a in corpus.articles}
    assert told == {"articles/raw.md", "articles/framed.md"}
    json.dumps([str(f) for f in corpus.findings], ensure_ascii=False).encode()  # can be printed


@pytest.mark.skipif(sys.platform == "win32", reason="the alarm that ends a hang is Unix's")
def test_damaged_files_neither_crash_nor_hang_nor_open_anything_else():
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz_formats", COUNT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60 + 2 * int(COUNT),
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["outside"] == []
    assert [result for result in found["results"] if result.startswith("hang")] == []
    assert sum(found["results"].values()) == int(COUNT)
