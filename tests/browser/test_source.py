"""The source of a quotation: in the panel, and on the practice's own website."""

from __future__ import annotations

import pytest

PHONE = {"viewport": {"width": 390, "height": 844}}


def open_source(visitor) -> None:
    visitor.ask("How fast does ketamine work?")
    visitor.page.locator("[class*=st-key-source-] button").first.click()
    visitor.page.locator(".source mark").first.wait_for()


def test_read_on_our_website_scrolls_to_the_very_sentence(call_on):
    """The link's text fragment, in a page where the sentence is two hundred paragraphs down."""
    visitor = call_on()
    open_source(visitor)
    with visitor.context.expect_page() as opened:
        visitor.page.get_by_role("link", name="Read on our website").click()
    site = opened.value
    site.wait_for_function("() => window.scrollY > 0")
    sentence = site.get_by_text("Ketamine can work fast").bounding_box()
    assert 0 <= sentence["y"] < site.evaluate("innerHeight")
    assert "text=" not in site.evaluate("location.hash"), "the fragment is the browser's alone"


@pytest.mark.parametrize("way", ["Escape", "back", "button"])
def test_on_a_phone_the_source_fills_the_screen_and_closes(call_on, way):
    visitor = call_on(**PHONE)
    open_source(visitor)
    panel = visitor.page.locator("[role=dialog]")
    visitor.page.wait_for_function(
        "() => document.querySelector('[role=dialog]').getBoundingClientRect().x === 0"
    )
    box = panel.bounding_box()
    assert (box["width"], box["height"]) == (390, 844)
    mark = visitor.page.locator(".source mark").first.bounding_box()
    assert 0 <= mark["y"] < 844
    if way == "Escape":
        visitor.page.keyboard.press("Escape")
    elif way == "back":
        visitor.page.evaluate("history.back()")
    else:
        panel.get_by_role("button", name="Close").click()
    visitor.page.locator(".source").wait_for(state="detached")
    assert visitor.answers == 1, "closing must not leave the conversation"
    visitor.page.wait_for_function(
        "() => document.activeElement.closest('[class*=st-key-source-]') !== null"
    )


def test_back_after_a_closed_source_does_not_open_or_leave_anything(call_on):
    """Each sheet takes one entry of the history and gives it back."""
    visitor = call_on(**PHONE)
    length = visitor.page.evaluate("history.length")
    open_source(visitor)
    visitor.page.keyboard.press("Escape")
    visitor.page.locator(".source").wait_for(state="detached")
    visitor.page.wait_for_function("() => !(history.state && history.state.sheet)")
    assert visitor.page.evaluate("history.length") <= length + 1
    assert visitor.answers == 1
