"""My visit: from an answer and a refusal to a sheet that leaves the page by the visitor's hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PHONE = {"viewport": {"width": 390, "height": 844}}
QUOTE = "Ketamine can work fast and ease depression within hours"


def keep_both(visitor) -> None:
    """An answer and a refusal, both put on the sheet, and the sheet opened."""
    visitor.ask("How fast does ketamine work?")
    visitor.ask("Does ketamine cure migraine?")
    visitor.page.locator(".st-key-keep-0 button").click()
    visitor.page.locator(".st-key-kept-0 button").wait_for()
    visitor.settled()
    visitor.page.locator(".st-key-keep-1 button").click()
    visitor.page.locator(".st-key-visit button").filter(has_text="(2)").click()
    visitor.page.locator(".st-key-sheet .referral").wait_for()


@pytest.mark.parametrize(("locale", "notes"), [("en-US", "My notes"), ("es-MX", "Mis notas")])
def test_an_answer_and_a_refusal_become_a_sheet_to_save(call_on, tmp_path, locale, notes):
    visitor = call_on(locale=locale, **PHONE)
    keep_both(visitor)
    sheet = visitor.page.locator(".st-key-sheet").inner_text()
    assert "How fast does ketamine work?" in sheet
    assert "Does ketamine cure migraine?" in sheet
    assert QUOTE in sheet
    assert visitor.page.locator(".st-key-sheet a[href='tel:5550100199']").is_visible()
    assert visitor.page.locator(".st-key-sheet a[href^='https://book.example.org']").is_visible()
    with visitor.page.expect_download() as download:
        visitor.page.locator("[data-act=save]").click()
    download.value.save_as(tmp_path / "sheet.html")
    saved = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert saved.startswith("<!doctype html>")
    assert QUOTE in saved
    assert notes in saved
    assert visitor.problems == []


def test_the_sheet_is_copied_shared_and_printed_by_the_browser_alone(call_on, small):
    """Nothing of it is a request, and the words are in no file of the server."""
    visitor = call_on(permissions=["clipboard-read", "clipboard-write"])
    visitor.page.evaluate(
        "navigator.share = async (what) => { window.shared = what };"
        "window.print = () => { window.printed = true };"
        "document.documentElement.classList.add('can-share')"
    )
    keep_both(visitor)
    before = len(visitor.requests)
    visitor.page.locator(".st-key-sheet [data-act=copy]").click()
    visitor.page.get_by_text("Copied", exact=True).first.wait_for()
    assert QUOTE in visitor.page.evaluate("navigator.clipboard.readText()")
    visitor.page.locator("[data-act=share]").click()
    assert QUOTE in visitor.page.evaluate("window.shared.text")
    visitor.page.locator("[data-act=print]").click()
    assert visitor.page.evaluate("window.printed")
    assert visitor.requests[before:] == []
    files = [path for path in Path(small._store).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"migraine" in path.read_bytes()]
    assert "migraine" not in small.log


def test_on_paper_there_is_the_sheet_and_nothing_to_press(call_on):
    visitor = call_on()
    keep_both(visitor)
    visitor.page.emulate_media(media="print")
    assert visitor.page.locator(".entry").first.is_visible()
    assert visitor.page.locator(".entry .notes").first.is_visible()
    for gone in ("[data-act=print]", ".st-key-drop-1 button", ".question", ".notice"):
        assert not visitor.page.locator(gone).first.is_visible(), gone


def test_on_paper_a_conversation_says_where_its_quotations_stand(call_on):
    visitor = call_on()
    visitor.ask("How fast does ketamine work?")
    visitor.page.emulate_media(media="print")
    assert visitor.page.locator("[class*=st-key-source-] button").first.is_visible()
    for gone in ("[class*=st-key-suggestion-] button", ".label", "[data-act=copy]", ".notice"):
        assert not visitor.page.locator(gone).first.is_visible(), gone


def test_on_paper_a_dark_device_writes_in_dark_ink(call_on):
    visitor = call_on(color_scheme="dark")
    keep_both(visitor)
    visitor.page.emulate_media(media="print")
    for words in (".entry h2", ".entry blockquote p", "[role=dialog] h2", ".referral p"):
        colour = visitor.page.locator(words).first.evaluate("e => getComputedStyle(e).color")
        assert max(map(int, re.findall(r"\d+", colour)[:3])) < 128, (words, colour)


def test_focus_stays_at_the_answer_whose_question_was_put_on_the_sheet(call_on):
    visitor = call_on()
    visitor.ask("How fast does ketamine work?")
    visitor.page.locator(".st-key-keep-0 button").click()
    visitor.page.wait_for_function(
        "() => document.activeElement.closest('.st-key-kept-0, .st-key-offers-0')"
    )


def test_a_question_is_taken_off_and_the_count_follows(call_on):
    visitor = call_on()
    keep_both(visitor)
    visitor.page.locator(".st-key-drop-1 button").click()
    visitor.page.locator(".entry").nth(1).wait_for(state="detached")
    assert "migraine" in visitor.page.locator(".entry").inner_text()
    visitor.settled()  # else the page that is being drawn may open the sheet again
    # The button that was pressed is gone; without focus in the sheet, Escape would do nothing.
    visitor.page.wait_for_function("() => document.activeElement.closest('[role=dialog]')")
    visitor.page.keyboard.press("Escape")
    visitor.page.locator(".st-key-visit button").filter(has_text="(1)").wait_for()
    visitor.page.locator(".st-key-keep-0 button").wait_for()


def test_back_closes_the_sheet_on_a_phone(call_on):
    visitor = call_on(**PHONE)
    keep_both(visitor)
    visitor.page.evaluate("history.back()")
    visitor.page.locator(".visit").wait_for(state="detached")
    assert visitor.answers == 2


def test_a_crisis_is_no_question_for_later(call_on):
    visitor = call_on()
    visitor.ask("I want to kill myself")
    assert visitor.page.locator(".card").is_visible()
    assert not re.search("Add to my questions", visitor.text)
