"""WCAG 2.2 AA, as far as a machine can tell, in every state of the page; keyboard, zoom, contrast.

What is Streamlit's own, and what only a person can judge: docs/accessibility.md.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

PHONE = {"viewport": {"width": 390, "height": 844}}
QUESTION = "How fast does ketamine work?"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def start(visitor) -> None:
    """The page as it opens."""


def answer(visitor) -> None:
    visitor.ask(QUESTION)


def refusal(visitor) -> None:
    visitor.ask("Does ketamine cure migraine?")


def card(visitor) -> None:
    visitor.ask("I want to kill myself")


def reasons(visitor) -> None:
    answer(visitor)
    visitor.page.locator("[class*=st-key-not_helpful-] button").click()
    visitor.page.locator("[class*=st-key-reasons-] button").first.wait_for()


def editing(visitor) -> None:
    answer(visitor)
    visitor.page.locator("[class*=st-key-edit-last-] button").click()
    visitor.page.locator(".st-key-editing button").wait_for()


def source(visitor) -> None:
    answer(visitor)
    visitor.page.locator("[class*=st-key-source-] button").first.click()
    visitor.page.locator(".source mark").first.wait_for()


def sheet(visitor) -> None:
    answer(visitor)
    visitor.page.locator(".st-key-keep-0 button").click()
    visitor.page.locator(".st-key-visit button").click()
    visitor.page.locator(".st-key-sheet .referral").wait_for()


def barriers(page) -> list[str]:
    """What axe-core finds: rule, place and how to mend it."""
    # Streamlit fades new parts in; half-faded text has half the contrast.
    page.wait_for_function("() => document.getAnimations().every(a => a.playState !== 'running')")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(
    "state",
    [start, answer, refusal, card, reasons, editing, source, sheet],
    ids=lambda s: s.__name__,
)
@pytest.mark.parametrize(
    "options",
    [{}, {"locale": "es-MX", "color_scheme": "dark", **PHONE}],
    ids=["desktop", "spanish-dark-phone"],
)
def test_axe_finds_no_barrier(call_on, state, options):
    visitor = call_on(**options)
    state(visitor)
    assert barriers(visitor.page) == []


# What is seen and tapped, and too small for a thumb. A link within a sentence is as high as its
# line; Streamlit's "Dismiss" is for screen readers only.
TOO_SMALL = """[...document.querySelectorAll("button, nav a, a.action, .made a")].map((e) => {
  const { width, height } = e.getBoundingClientRect();
  return { name: e.innerText || e.getAttribute("aria-label"), width, height };
}).filter((e) => e.width > 0 && e.name !== "Dismiss" && Math.min(e.width, e.height) < 40)"""


@pytest.mark.parametrize("state", [answer, card, reasons, editing, source, sheet])
def test_what_is_tapped_on_a_phone_is_as_large_as_a_thumb(call_on, state):
    """2.5.8 asks for 24 pixels; a shaking hand in the evening needs 40."""
    visitor = call_on(**PHONE)
    state(visitor)
    assert visitor.page.evaluate(TOO_SMALL) == []


def test_it_is_as_large_on_a_phone_on_its_side(call_on):
    visitor = call_on(viewport={"width": 844, "height": 390})
    answer(visitor)
    assert visitor.page.evaluate(TOO_SMALL) == []


def focused(page) -> str:
    """What a screen reader would say has focus."""
    return page.evaluate(
        "(() => { const e = document.activeElement;"
        " return (e.getAttribute('aria-label') || e.getAttribute('placeholder')"
        " || e.innerText || e.tagName).trim().split('\\n').pop(); })()"
    )


def test_every_action_is_reached_by_keyboard_in_the_order_of_reading(call_on):
    visitor = call_on()
    sheet(visitor)
    visitor.page.keyboard.press("Escape")
    visitor.page.locator(".visit").wait_for(state="detached")
    # A frame after the sheet has gone, focus is given back to the button that opened it. (A
    # function: an expression would be read anew at each look, which the page's policy forbids.)
    visitor.page.wait_for_function("() => document.activeElement.closest('.st-key-visit')")
    visitor.page.evaluate("document.activeElement.blur(); document.body.focus()")
    visitor.page.mouse.click(640, 5)
    seen: list[str] = []
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        seen.append(focused(visitor.page))
    wanted = [
        "Call 911",
        "Español",
        "Edit",
        "1. Ketamine for depression · How fast does ketamine work?",
        "Book online",
        "See my questions",
        "Copy",
        "Helpful",
        "Not helpful",
        "What are the risks of ketamine?",
        "New conversation",
        "My questions (1)",
        "Type your question",
    ]
    assert [name for name in dict.fromkeys(seen) if name in wanted] == wanted


def test_focus_goes_to_the_answer_of_a_suggestion_that_was_tapped(call_on):
    """The button is gone then, and with it the place in the page."""
    visitor = call_on()
    answer(visitor)
    visitor.page.locator("[class*=st-key-suggestion-] button").first.click()
    visitor.wait_for_answer(1)
    visitor.page.wait_for_function("() => document.activeElement.matches('.question')")
    last = visitor.page.locator(".question").last.inner_text()
    assert visitor.page.evaluate("document.activeElement.innerText") == last


def test_the_keyboard_of_a_phone_does_not_stay_over_an_answer(call_on):
    visitor = call_on(has_touch=True, **PHONE)
    answer(visitor)
    visitor.page.wait_for_function("() => !document.activeElement.matches('textarea')")


@pytest.mark.parametrize(
    "viewport",
    [{"width": 320, "height": 256}, {"width": 320, "height": 640}],
    ids=["zoom-400", "small-phone"],
)
def test_at_320_pixels_all_is_in_one_column_and_there_is_room_to_read(call_on, viewport):
    """1.4.10: a screen of 1280 by 1024 at 400 % zoom is 320 by 256."""
    visitor = call_on(viewport=viewport)
    sheet(visitor)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
    visitor.page.keyboard.press("Escape")
    visitor.page.locator(".visit").wait_for(state="detached")
    bottom = visitor.page.locator("[data-testid=stBottomBlockContainer]").bounding_box()
    assert bottom["height"] < 0.75 * viewport["height"]


def test_text_at_twice_the_size_is_cut_nowhere(call_on):
    """1.4.4: only the text grows, as with the browser's own setting for text."""
    visitor = call_on()
    answer(visitor)
    visitor.page.add_style_tag(content="html { font-size: 34px !important; }")
    cut = visitor.page.evaluate(
        "[...document.querySelectorAll('button, a, .referral, .excerpt, .notice, .question')]"
        ".filter(e => e.clientWidth > 1 && !e.closest('[class*=st-key-thumbs-]')"
        " && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)"
        " && getComputedStyle(e).overflow !== 'visible').map(e => e.outerHTML.slice(0, 120))"
    )
    assert cut == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_reduced_motion_is_honoured(call_on, small):
    visitor = call_on(reduced_motion="reduce")
    with small.held():
        visitor.type(QUESTION)
        visitor.page.locator(".dots").wait_for()
        moving = visitor.page.evaluate(
            "document.getAnimations().filter(a => a.effect.getComputedTiming().duration > 1)"
            ".map(a => a.animationName || 'transition')"
        )
    assert moving == []


def test_forced_colours_leave_every_button_a_shape(call_on):
    visitor = call_on(forced_colors="active")
    answer(visitor)
    flat = visitor.page.evaluate(
        "[...document.querySelectorAll('.stButton button, button.quiet, a.action, a.urgent-link')]"
        ".filter(e => e.offsetParent && getComputedStyle(e).borderTopWidth === '0px')"
        ".map(e => e.innerText)"
    )
    assert flat == []


def test_axe_would_find_a_barrier(call_on):
    """The check itself can fail: a button without a name is found."""
    visitor = call_on()
    visitor.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any(found.startswith("button-name") for found in barriers(visitor.page))


def test_an_english_quotation_on_a_spanish_page_is_spoken_in_english(call_on):
    visitor = call_on(locale="es-MX")
    answer(visitor)
    assert visitor.page.locator(".excerpt").first.get_attribute("lang") == "en"
    assert visitor.page.locator(".st-key-switch button").get_attribute("lang") == "en"


def test_streamlits_own_parts_are_named_in_the_language_of_the_page(call_on):
    visitor = call_on(locale="es-MX")
    source(visitor)
    assert visitor.page.get_by_role("button", name="Cerrar").count() == 1
    visitor.page.keyboard.press("Escape")
    visitor.page.locator(".source").wait_for(state="detached")
    visitor.page.get_by_role("button", name="Enviar el mensaje").wait_for()
    visitor.page.locator(".st-key-switch button").click()
    visitor.page.get_by_role("button", name="Send message").wait_for()
