"""What a visitor does with a question and its answer: copy, edit, stop, ask again, judge."""

from __future__ import annotations

import pytest

QUESTION = "How fast does ketamine work?"


def test_an_answer_is_copied_with_its_source(call_on):
    visitor = call_on(permissions=["clipboard-read", "clipboard-write"])
    visitor.ask(QUESTION)
    visitor.page.locator("[data-act=copy]").click()
    visitor.page.get_by_text("Copied", exact=True).first.wait_for()
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert "within hours" in copied
    assert "Ketamine for depression" in copied
    assert "psychiatrist" in copied


def test_copying_works_where_the_browser_gives_no_clipboard(call_on):
    """A page in a frame, or without https, has none; the older way must do."""
    visitor = call_on()
    visitor.page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
        "document.addEventListener('copy', () =>"
        " { window.taken = document.activeElement.value; })"
    )
    visitor.ask(QUESTION)
    visitor.page.locator("[data-act=copy]").click()
    visitor.page.get_by_text("Copied", exact=True).first.wait_for()
    assert "within hours" in visitor.page.evaluate("window.taken")


def test_the_last_question_is_edited_in_the_input_and_replaced(call_on):
    visitor = call_on()
    visitor.ask("Does ketamine cure migraine?")
    visitor.page.locator("[class*=st-key-edit-last-] button").click()
    visitor.page.wait_for_function(
        "() => document.activeElement.value === 'Does ketamine cure migraine?'"
    )
    visitor.type(QUESTION)
    visitor.page.locator(".excerpt").first.wait_for()
    visitor.settled()
    assert visitor.page.locator(".question").all_inner_texts() == [QUESTION]
    assert "within hours" in visitor.page.locator(".spoken").text_content()
    assert visitor.page.locator(".st-key-editing").count() == 0


@pytest.mark.parametrize("how", ["button", "escape"])
def test_editing_can_be_left_with_nothing_changed(call_on, how):
    visitor = call_on()
    visitor.ask(QUESTION)
    visitor.page.locator("[class*=st-key-edit-last-] button").click()
    visitor.page.locator(".st-key-editing button").wait_for()
    if how == "button":
        visitor.page.locator(".st-key-editing button").click()
    else:
        visitor.page.keyboard.press("Escape")
    visitor.page.locator(".st-key-editing").wait_for(state="detached")
    visitor.settled()
    where = "[class*=st-key-edit-last-] button, textarea"
    visitor.page.wait_for_function(f"() => document.activeElement.matches('{where}')")
    assert visitor.page.locator(".excerpt").count() == 1
    assert visitor.page.locator("[data-testid=stChatInput] textarea").input_value() == ""


def test_a_draft_is_still_there_when_editing_is_left(call_on):
    """A thumb beside the last question must not cost a long message."""
    visitor = call_on()
    visitor.ask(QUESTION)
    area = visitor.page.locator("[data-testid=stChatInput] textarea")
    area.fill("half a thought")
    visitor.page.locator("[class*=st-key-edit-last-] button").click()
    visitor.page.wait_for_function(f"() => document.activeElement.value === {QUESTION!r}")
    visitor.page.locator(".st-key-editing button").click()
    visitor.page.wait_for_function(
        "() => document.querySelector('textarea').value === 'half a thought'"
    )
    visitor.settled()
    assert area.input_value() == "half a thought"


def test_a_question_is_stopped_and_asked_again(call_on, small):
    visitor = call_on()
    with small.held():
        visitor.type(QUESTION)
        visitor.page.locator("[class*=st-key-stop-] button").click()
        visitor.page.locator("[class*=st-key-again-] button").wait_for()
        assert "Stopped." in visitor.text
        visitor.page.wait_for_function(
            "() => document.activeElement.matches('[class*=st-key-again-] button')"
        )
        assert "Stopped." in visitor.page.locator(".spoken").text_content()
    visitor.page.locator("[class*=st-key-again-] button").click()
    visitor.wait_for_answer()
    assert visitor.page.locator(".question").all_inner_texts() == [QUESTION]


def test_a_call_for_help_is_sent_and_answered_while_another_answer_is_on_its_way(call_on, small):
    visitor = call_on()
    with small.held():
        visitor.type(QUESTION)
        visitor.page.locator("[class*=st-key-stop-] button").wait_for()
        visitor.type("I want to kill myself")
        visitor.page.locator(".card a[href='tel:988']").wait_for()
        assert "Stopped." in visitor.text


def test_a_call_for_help_is_heard_while_the_store_hangs(call_on, small):
    """The page asks it for questions to begin with, and must not wait for them."""
    with small.held("STORE"):
        visitor = call_on(settled=False)
        visitor.page.locator(".welcome").wait_for()
        visitor.type("I want to kill myself")
        visitor.page.locator(".card a[href='tel:988']").wait_for()


def test_a_wait_is_told_to_who_does_not_see_it(call_on, small):
    visitor = call_on()
    spoken = "document.querySelector('.spoken').textContent"
    with small.held():
        visitor.type(QUESTION)
        visitor.page.wait_for_function(f"() => {spoken}.startsWith('Looking')")
    visitor.page.wait_for_function(f"() => {spoken}.startsWith('Answer:')")


def test_a_thumb_down_may_be_followed_by_a_reason(call_on):
    visitor = call_on()
    visitor.ask(QUESTION)
    visitor.page.get_by_role("button", name="Not helpful").click()
    visitor.page.get_by_role("button", name="Hard to understand").click()
    visitor.page.get_by_text("none of your words").wait_for()
    assert visitor.page.get_by_role("button", name="Not helpful").count() == 0
