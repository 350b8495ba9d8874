"""What a visitor meets: from the first look to an answer, its source, a refusal, and help."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from assistant.settings import ROOT
from tests.browser.conftest import Server, Visitor

PHONE = {"viewport": {"width": 390, "height": 844}}


def test_a_first_visitor_reads_what_this_is_and_finds_questions_to_start_with(visit):
    visitor = visit()
    text = visitor.text
    for words in (
        "Mental Health and Wellness Associates",
        "not a person",
        "Not medical advice",
        "Nobody is watching this chat",
        "demonstration",
        "Call 988",
    ):
        assert words in text
    starters = visitor.page.locator("[class*=st-key-starter-] button")
    assert starters.count() >= 3
    starters.first.click()
    visitor.wait_for_answer()
    assert visitor.page.locator(".excerpt").count() >= 1


def test_an_answer_opens_its_source_at_the_quoted_words(visit):
    visitor = visit()
    visitor.ask("How fast does ketamine work?")
    quoted = visitor.page.locator(".excerpt p").first.inner_text()
    visitor.page.locator("[class*=st-key-source-0-0] button").first.click()
    mark = visitor.page.locator(".source mark").first
    mark.wait_for()
    assert " ".join(mark.inner_text().split()) in " ".join(quoted.split())
    assert "Approved by" in visitor.page.locator(".source").inner_text()
    visitor.page.keyboard.press("Escape")
    visitor.page.locator(".source").wait_for(state="detached")


def test_back_closes_the_source_on_a_phone(visit):
    visitor = visit(**PHONE)
    visitor.ask("How fast does ketamine work?")
    visitor.page.locator("[class*=st-key-source-0-0] button").first.click()
    visitor.page.locator(".source mark").first.wait_for()
    visitor.page.evaluate("history.back()")
    visitor.page.locator(".source").wait_for(state="detached")
    assert visitor.answers == 1


def test_a_follow_up_is_answered_from_the_conversation(visit):
    visitor = visit()
    visitor.ask("What is TMS?")
    assert "TMS" in visitor.ask("how long does a session last?")


def test_a_refusal_lists_no_source_and_offers_a_way_on(visit):
    visitor = visit()
    reply = visitor.ask("Can ketamine help with migraines?")
    assert "do not answer that" in reply
    assert visitor.page.locator(".excerpt").count() == 0
    assert "psychiatrist" in reply


@pytest.mark.parametrize(
    ("locale", "message", "words"),
    [
        ("en-US", "I want to kill myself", "Call 988"),
        ("es-MX", "me quiero morir", "oprima 2"),
    ],
)
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_help_comes_first_and_can_be_tapped(visit, locale, message, words, width):
    visitor = visit(locale=locale, viewport={"width": width, "height": 800})
    visitor.ask(message)
    card = visitor.page.locator(".card")
    assert words in card.inner_text()
    assert card.is_visible()
    box = card.locator("a[href='tel:988']").bounding_box()
    assert box["height"] >= 44
    assert 0 <= box["y"] < 800, "the way to call must be on the screen"
    # The input had focus when the message was sent; the card must win in the end.
    visitor.page.wait_for_function("() => document.activeElement.classList.contains('card')")


def test_help_stays_while_the_conversation_goes_on(visit):
    visitor = visit()
    visitor.ask("I want to die")
    visitor.ask("What is ECT?")
    assert visitor.page.locator(".card").count() == 1
    assert visitor.page.locator(".card-bar a[href='tel:988']").is_visible()
    visitor.page.locator(".st-key-new button").click()
    visitor.page.locator(".welcome").wait_for()
    assert visitor.page.locator(".card").count() == 1


def test_help_speaks_the_language_that_is_switched_to(visit):
    visitor = visit()
    visitor.ask("I want to die")
    visitor.page.locator(".st-key-switch button").click()
    visitor.page.locator(".card[lang=es] a[href='tel:988']").wait_for()
    assert visitor.page.locator(".card").count() == 1


def test_help_in_reach_speaks_the_language_in_which_it_was_called_for(visit):
    """On an English page, too: its own numbers are hidden while those of the card are there."""
    visitor = visit()
    visitor.ask("me quiero morir")
    visitor.page.locator(".card-bar[lang=es] a[href*='sms:988'][href*='AYUDA']").wait_for()
    assert visitor.page.locator(".card-link[lang=es]").count() == 1


def test_help_is_in_reach_in_a_panel_too(visit):
    visitor = visit(**PHONE)
    visitor.ask("I want to die")
    visitor.ask("How fast does ketamine work?")
    visitor.page.locator("[class*=st-key-source-] button").first.click()
    numbers = visitor.page.locator("[role=dialog] .card-bar a[href='tel:988']")
    numbers.wait_for()
    assert 0 <= numbers.bounding_box()["y"] < 400


def test_everything_can_be_erased(visit):
    """For whoever shares a computer: nothing of the visit stays on the screen."""
    visitor = visit()
    visitor.ask("I want to die")
    visitor.ask("What is ECT?")
    visitor.page.locator("[data-testid=stChatInput] textarea").fill("half a thought")
    visitor.page.locator(".st-key-erase button").click()
    visitor.page.locator(".welcome").wait_for()
    visitor.settled()
    assert visitor.page.locator("[data-testid=stChatInput] textarea").input_value() == ""
    assert visitor.page.locator(".spoken").text_content() == ""
    assert visitor.page.locator(".card, .card-bar, .question, .st-key-visit").count() == 0
    visitor.page.wait_for_function("() => document.activeElement.matches('textarea')")


def test_a_source_can_be_scrolled_by_keyboard(visit):
    visitor = visit(**PHONE)
    visitor.ask("How fast does ketamine work?")
    visitor.page.locator("[class*=st-key-source-] button").first.click()
    visitor.page.locator(".source mark").first.wait_for()
    place = "document.querySelector('.source mark').getBoundingClientRect().y"
    visitor.page.wait_for_function("() => document.activeElement.tabIndex === 0")
    before = visitor.page.evaluate(place)
    visitor.page.keyboard.press("End")
    visitor.page.wait_for_function(f"before => {place} < before", arg=before)


def test_the_language_can_be_switched_and_the_document_says_which(visit):
    visitor = visit()
    visitor.page.locator(".st-key-switch button").click()
    visitor.page.get_by_text("¿Qué le gustaría saber?").wait_for()
    visitor.page.wait_for_function("() => document.documentElement.lang === 'es'")
    assert "No es consejo médico" in visitor.text


def test_the_browsers_language_is_used(visit):
    assert "¿Qué le gustaría saber?" in visit(locale="es-ES").text


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(visit, width):
    visitor = visit(viewport={"width": width, "height": 800})
    visitor.ask("How fast does ketamine work?")
    visitor.ask("x" * 300)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_visitors_never_see_each_others_words(visit):
    one, two = visit(), visit()
    one.ask("What is ECT?")
    two.ask("What is TMS?")
    assert "What is TMS?" not in one.text
    assert "What is ECT?" not in two.text


def test_markup_in_a_question_is_shown_as_text(visit):
    visitor = visit()
    visitor.ask('<img src=x onerror="window.hacked=1"> **bold** $x^2$ :red[hi]')
    assert visitor.page.evaluate("window.hacked") is None
    assert '<img src=x onerror="window.hacked=1"> **bold** $x^2$ :red[hi]' in visitor.text


def test_a_second_question_while_the_first_is_answered_is_not_lost(visit):
    visitor = visit()
    visitor.page.locator("[class*=st-key-starter-] button").first.dblclick()
    visitor.wait_for_answer()
    assert visitor.ask("What is ECT?")
    questions = visitor.page.locator(".question").all_inner_texts()
    assert questions[-1] == "What is ECT?"


def test_a_very_long_question_is_met_kindly(visit):
    assert "longer than I can search" in visit().ask("why " * 1500)


def test_an_answer_is_announced_once(visit):
    visitor = visit()
    visitor.page.evaluate(
        "window.said = []; new MutationObserver(() =>"
        " window.said.push(document.querySelector('.spoken').textContent))"
        ".observe(document.querySelector('.spoken'), {childList: true})"
    )
    visitor.ask("What is ECT?")
    # On a busy machine the wait for it may be told too.
    answers = "window.said.filter((text) => text.startsWith('Answer:')).length"
    visitor.page.wait_for_function(f"() => {answers} > 0")
    assert visitor.page.evaluate(answers) == 1


def test_no_request_leaves_the_machine_and_nothing_typed_is_in_an_address(visit):
    visitor = visit()
    visitor.ask("What is ECT, canarybird?")
    assert {urlsplit(url).hostname for url in visitor.requests} <= {"127.0.0.1", ""}
    assert "canarybird" not in " ".join(visitor.requests) + visitor.page.title()
    assert "canarybird" not in json.dumps(visitor.context.cookies())
    assert visitor.problems == []


def test_nothing_typed_reaches_the_servers_log(visit, server):
    visit().ask("canarybird I want to die canarybird")
    assert "canarybird" not in server.log


def test_the_routes_tell_the_truth_and_headers_are_set(server):
    for route in ("/healthz", "/readyz", "/"):
        with urllib.request.urlopen(server.url + route) as reply:
            assert reply.status == 200
            policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy


def test_the_page_without_a_store_is_friendly_and_still_helps(browser, tmp_path):
    server = Server(ROOT / "corpus", tmp_path / "none", tmp_path / "log.txt")
    server.start()
    try:
        visitor = Visitor(browser, server.url)
        visitor.open()
        assert "not been published yet" in visitor.ask("What is ECT?")
        visitor.ask("I want to die")
        assert visitor.page.locator(".card a[href='tel:988']").is_visible()
        try:
            urllib.request.urlopen(server.url + "/readyz")
            raise AssertionError("not ready, but said to be")
        except urllib.error.HTTPError as error:
            assert error.code == 503
        server.publish()
        assert "ECT" in visitor.ask("What is electroconvulsive therapy (ECT)?")
        visitor.context.close()
    finally:
        server.stop()


def test_a_restart_of_the_server_is_survived(browser, tmp_path):
    server = Server(ROOT / "corpus", tmp_path / "none", tmp_path / "log.txt")
    server.start()
    visitor = Visitor(browser, server.url)
    visitor.open()
    visitor.ask("hello")
    offline = visitor.page.locator(".offline")
    assert not offline.is_visible()
    server.stop()
    try:
        offline.wait_for()
        assert "988" in offline.inner_text()
    finally:
        server.start()
    try:
        offline.wait_for(state="hidden")
        visitor.page.wait_for_selector("[data-testid=stChatInput] textarea:enabled")
        visitor.page.reload()
        visitor.page.wait_for_selector("[data-testid=stChatInput] textarea")
        assert visitor.ask("hello")
    finally:
        visitor.context.close()
        server.stop()


def test_logs_and_files_of_the_store_hold_no_words_of_visitors(visit, server):
    visit().ask("canarybird what is TMS")
    store = Path(server._store)
    assert not [p for p in store.rglob("*") if p.is_file() and b"canarybird" in p.read_bytes()]
