"""The content desk in a real browser: shut, opened, used; and absent where it is switched off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.settings import ROOT
from tests.browser.conftest import Server, Visitor

CODE = "correct-horse-battery"


@pytest.fixture(scope="module")
def with_desk(server: Server, tmp_path_factory) -> Iterator[Server]:
    """A second server over the same store, with the desk switched on."""
    log = tmp_path_factory.mktemp("desk") / "log.txt"
    running = Server(ROOT / "corpus", server._store, log)
    running._environment |= {"ASSISTANT_DESK": "true", "ASSISTANT_DESK_CODE": CODE}
    running.start()
    yield running
    running.stop()


@pytest.fixture
def editor(browser, with_desk: Server) -> Iterator[Visitor]:
    visitor = Visitor(browser, with_desk.url)
    visitor.page.set_default_timeout(120_000)
    yield visitor
    visitor.context.close()


def enter(editor: Visitor) -> None:
    editor.page.goto(f"{editor.url}/desk")
    editor.page.fill("input[type=password]", CODE)
    editor.page.get_by_role("button", name="Open").click()
    editor.page.wait_for_selector("table.desk")


def test_the_chat_is_the_first_page_and_does_not_lead_to_the_desk(editor):
    editor.open()
    assert editor.page.locator("a[href*=desk]").count() == 0
    assert "Content desk" not in editor.text


def test_the_desk_shows_nothing_before_the_code_and_approvals_after_it(editor):
    editor.page.goto(f"{editor.url}/desk")
    editor.page.wait_for_selector("input[type=password]")
    assert "approved by" not in editor.text
    enter(editor)
    assert "approved by" in editor.text
    assert "Treatment-resistant depression" in editor.text
    assert editor.problems == []
    assert [url for url in editor.requests if not url.startswith((editor.url, "data:"))] == []


def test_a_new_article_can_be_downloaded(editor):
    enter(editor)
    editor.page.get_by_text("New article", exact=True).click()
    editor.page.get_by_label("Title").fill("Light therapy")
    editor.page.keyboard.press("Enter")
    with editor.page.expect_download() as download:
        editor.page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "light-therapy.md"
    text = download.value.path().read_text(encoding="utf-8")
    assert text.startswith("---\ntitle: Light therapy\nstatus: draft\n")


def test_the_bench_shows_candidates_with_reasons(editor):
    enter(editor)
    editor.page.get_by_text("Try a question", exact=True).click()
    editor.page.get_by_label("A question").fill("How long does a TMS session last?")
    editor.page.keyboard.press("Enter")
    editor.page.wait_for_selector("text=by meaning")
    assert "20 to 40 minutes" in editor.text


def test_without_the_setting_there_is_no_desk(browser, server):
    visitor = Visitor(browser, server.url)
    visitor.page.goto(f"{server.url}/desk")
    visitor.page.wait_for_selector("[data-testid=stChatInput] textarea")
    assert "Access code" not in visitor.text
    visitor.context.close()
