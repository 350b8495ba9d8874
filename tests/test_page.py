"""What the page is drawn from: everything people wrote is text, and sources are exact."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from assistant import replies
from assistant.pages import drawing, server, source, visit
from assistant.pages.conversation import ANSWERS, KEPT, Conversation, Exchange, _answering
from assistant.settings import ROOT
from assistant.types import Article, Citation, Opinion, Turn
from tests.conftest import KETAMINE, TODAY

HOSTILE = '<img src=x onerror="alert(1)">'


def article(body: str, title: str = "Ketamine") -> Article:
    return Article(
        id="k",
        title=title,
        body=body,
        approved_by=f"A. Reviewer {HOSTILE}",
        approved_on=date(2026, 3, 4),
        review_by=date(2027, 3, 4),
        path="k.md",
        content_hash="h",
        url="https://www.example.org/k",
    )


def citation(body: str, quote: str) -> Citation:
    start = body.index(quote)
    return Citation(
        number=1,
        article_id="k",
        title="Ketamine",
        url="https://www.example.org/k",
        heading_path=("How fast?",),
        quote=quote,
        start=start,
        end=start + len(quote),
        approved_on=date(2026, 3, 4),
    )


QUOTE = "The risks of ketamine include a rise in blood pressure for a short time."


def test_the_quoted_words_and_only_they_are_marked():
    html = source.panel(citation(KETAMINE, QUOTE), article(KETAMINE), "en")
    assert html.count("<mark>") == 1
    assert f"<mark>{QUOTE}</mark>" in html


def test_a_quote_over_several_list_items_is_marked_in_each():
    body = "Staff watch:\n\n- blood pressure\n- breathing\n\nThat is all."
    html = source.article_text(body, 0, body.index("\n\nThat"))
    assert html.count("<mark>") == 3
    assert "<li><mark>breathing</mark></li>" in html


def test_an_article_that_has_changed_since_shows_what_was_quoted():
    html = source.panel(citation(KETAMINE, QUOTE), article(KETAMINE[40:]), "en")
    assert "changed or withdrawn" in html
    assert QUOTE in html


def test_another_version_lends_the_old_words_none_of_its_approval():
    """Else the page would say that somebody approved what was only ever taken out by them."""
    later = replace(article(KETAMINE[40:]), approved_on=date(2026, 9, 9))
    html = source.panel(citation(KETAMINE, QUOTE), later, "en")
    assert "A. Reviewer" not in html
    assert replies.day(date(2026, 9, 9), "en") not in html
    assert replies.day(date(2026, 3, 4), "en") in html


def test_where_the_words_still_stand_the_approval_is_that_of_the_live_article():
    later = replace(article(KETAMINE), approved_on=date(2026, 9, 9))
    html = source.panel(citation(KETAMINE, QUOTE), later, "en")
    assert replies.day(date(2026, 9, 9), "en") in html
    assert replies.day(date(2026, 3, 4), "en") not in html


def test_a_withdrawn_article_shows_what_was_quoted():
    assert QUOTE in source.panel(citation(KETAMINE, QUOTE), None, "en")


def test_markup_in_an_article_is_text():
    body = f"{HOSTILE} is what somebody wrote."
    html = source.panel(citation(body, "is what somebody wrote."), article(body, HOSTILE), "en")
    assert "<img" not in html


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "data:text/html,x", "java\nscript:alert(1)", "//evil", "http://[x"],
)
def test_only_safe_links_become_links(href):
    assert "<a" not in drawing.link("text", href)


def test_a_long_quote_links_by_its_ends_and_a_short_one_by_all():
    url = "https://www.example.org/k"
    assert (
        drawing.text_fragment(url, "It-self is, here.")
        == f"{url}#:~:text=It%2Dself%20is%2C%20here."
    )
    long = drawing.text_fragment(url, " ".join(f"w{n}" for n in range(40)))
    assert long == f"{url}#:~:text=w0%20w1%20w2%20w3%20w4,w35%20w36%20w37%20w38%20w39"


def test_markdown_in_a_title_shows_as_written():
    assert drawing.plain("a *b* [c](d) :red[e]") == r"a \*b\* \[c\]\(d\) \:red\[e\]"


def test_questions_over_the_limit_wait_but_a_crisis_never_does(assistant):
    assistant.settings = assistant.settings.model_copy(update={"questions_per_minute": 2})
    talk = Conversation(language="en")
    for message in ("hello", "What is TMS?", "What is TMS?", "I want to die"):
        talk.add(message)
    for exchange in talk.exchanges:
        talk.answer(exchange, assistant)
    kinds = [exchange.answer.kind for exchange in talk.exchanges]
    assert kinds[2:] == ["unavailable", "safety"]
    assert "wait a moment" in talk.exchanges[2].answer.text


def test_one_call_for_help_does_not_lift_the_limit_for_what_follows(assistant):
    assistant.settings = assistant.settings.model_copy(update={"questions_per_minute": 1})
    talk = asked(assistant, "I want to die", "What is TMS?")
    assert [exchange.answer.kind for exchange in talk.exchanges] == ["safety", "unavailable"]
    assert talk.card is not None


def test_the_card_outlives_a_new_conversation(assistant):
    talk = Conversation(language="en")
    talk.add("I want to die")
    talk.answer(talk.exchanges[0], assistant)
    talk.clear()
    assert talk.card is not None
    assert talk.history == ()


def test_history_holds_what_was_said_in_order(assistant):
    talk = Conversation(language="en")
    talk.add("  hello ")
    talk.add("   ")
    talk.answer(talk.exchanges[0], assistant)
    assert [turn.role for turn in talk.history] == ["user", "assistant"]
    assert talk.history[0] == Turn(role="user", text="hello")


def test_only_named_websites_may_frame_the_page():
    assert (
        "frame-ancestors 'self' https://a.example"
        in server.security_headers(["https://a.example"])["Content-Security-Policy"]
    )
    assert "X-Frame-Options" in server.security_headers([])


def test_files_are_turned_away_before_they_are_read():
    """Streamlit takes them from anybody with a page open, and keeps them in memory."""

    async def taken(_request):
        return Response("taken")

    path = "/_stcore/upload_file/a/b"
    routes = [Route(path, taken, methods=["PUT"]), Route("/_stcore/health", taken)]
    client = TestClient(Starlette(routes=routes, middleware=server.middleware()))
    refused = client.put(path, files={"file": b"x"})
    assert refused.status_code == 404
    assert "Content-Security-Policy" in refused.headers
    assert client.get("/_stcore/health").text == "taken"


def test_a_conversation_whose_visitor_is_gone_for_good_is_not_kept():
    """Streamlit's own storage, which would keep it until the next visitor leaves."""
    program = (
        "from types import SimpleNamespace\n"
        "import streamlit as st\n"
        "from assistant.pages import server\n"
        "runtime = st.App('assistant/pages/chat.py')._create_runtime()\n"
        "storage = runtime._session_mgr._session_storage\n"
        "assert storage._cache.ttl == 1800\n"
        "storage._cache._ttl = 0\n"
        "storage.save(SimpleNamespace(session=SimpleNamespace(id='gone')))\n"
        "assert len(storage._cache._data) == 1\n"
        "server.forget_lost()\n"
        "assert len(storage._cache._data) == 0\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_an_error_of_the_page_is_logged_without_its_words(caplog, monkeypatch):
    monkeypatch.setattr("assistant.pages.chat_error.show", lambda: None)
    try:
        raise ValueError("canarybird")
    except ValueError as error:
        assert server.on_script_error(error)
    assert "ValueError" in caplog.text
    assert "canarybird" not in caplog.text


# --- the visit sheet -------------------------------------------------------------------------


def asked(assistant, *messages: str) -> Conversation:
    talk = Conversation(language="en")
    for message in messages:
        talk.add(message)
        talk.answer(talk.exchanges[-1], assistant)
    return talk


def test_answers_and_refusals_go_on_the_sheet_once_and_greetings_do_not(assistant):
    talk = asked(assistant, "How fast does ketamine work?", "Does ketamine cure migraine?", "hello")
    for exchange in talk.exchanges * 2:
        talk.keep(exchange)
    assert talk.visit == talk.exchanges[:2]
    talk.drop(talk.exchanges[0])
    assert talk.visit == [talk.exchanges[1]]


def test_the_sheet_outlives_a_new_conversation(assistant):
    """Who begins anew with another topic has not finished preparing for the visit."""
    talk = asked(assistant, "How fast does ketamine work?")
    talk.keep(talk.exchanges[0])
    talk.clear()
    assert len(talk.visit) == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_sheet_holds_question_quotation_source_and_referral(assistant, language):
    talk = asked(assistant, "How fast does ketamine work?", "Does ketamine cure migraine?")
    practice = assistant.practice.model_copy(update={"phone": "(555) 010-0199"})
    say = drawing.words(language)
    page = visit.document(talk.exchanges, practice, language, date(2026, 11, 24))
    text = visit.text(talk.exchanges, practice, language)
    quoted = talk.exchanges[0].answer.excerpts[0].text
    for made in (page, text):
        assert "How fast does ketamine work?" in made
        assert quoted in made
        assert replies.day(date(2026, 1, 1), language) in made
        assert "Does ketamine cure migraine?" in made
        assert say["visit_unanswered"] in made
    assert 'href="tel:5550100199"' in page
    assert 'href="tel:988"' in page
    assert '<blockquote lang="en">' in page  # the article's language, whatever the page's is
    assert say["visit_made"].split("{")[0] in page


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_day_on_the_sheet_is_the_visitors(zone):
    """A server's clock shows another day for some hours. Those two zones never share one."""
    assert visit.today(zone) == datetime.now(ZoneInfo(zone)).date()


@pytest.mark.parametrize("zone", [None, "", "No/Where", "America", "../../etc/passwd", "\0"])
def test_a_browser_that_names_no_zone_gets_the_servers_day(zone):
    assert abs(visit.today(zone) - date.today()) < timedelta(days=2)


def test_markup_in_a_question_is_text_on_the_sheet(assistant):
    talk = asked(assistant, f"How fast does ketamine work? {HOSTILE}")
    page = visit.document(talk.exchanges, assistant.practice, "en", TODAY)
    offered = visit.tools(talk.exchanges, assistant.practice, "en", TODAY)
    assert "<img" not in page + offered
    assert "<script" not in page


# --- stop, edit, and what visitors think of an answer ----------------------------------------


def test_a_stopped_question_waits_for_nobody_and_can_be_asked_again(assistant):
    talk = Conversation(language="en")
    talk.add("How fast does ketamine work?")
    exchange = talk.exchanges[0]
    talk.begin(exchange, assistant)
    talk.stop(exchange, assistant)
    assert not exchange.waiting
    assert talk.history == ()
    talk.again(exchange)
    talk.answer(exchange, assistant)
    assert exchange.answer.kind == "answer"


def test_what_is_asked_again_follows_all_that_was_said_since(assistant):
    """Else a follow-up that was stopped would be read in the light of what came after it."""
    talk = Conversation(language="en")
    talk.add("How fast does ketamine work?")
    first = talk.exchanges[0]
    talk.begin(first, assistant)
    talk.stop(first, assistant)
    talk.add("What is TMS?")
    second = talk.exchanges[1]
    talk.answer(second, assistant)
    for _ in range(2):  # a second tap changes nothing
        talk.again(first)
    assert talk.exchanges == [second, first]
    talk.clear()
    talk.again(first)
    assert talk.exchanges == []


def test_a_second_tap_on_an_offered_question_asks_nothing(assistant):
    talk = asked(assistant, "What is TMS?")
    for _ in range(2):
        talk.pick("How fast does ketamine work?", after=1)
    assert len(talk.exchanges) == 2


def test_a_reply_that_failed_waits_until_it_is_asked_for_again(assistant, monkeypatch):
    """Else every look at the page would fail anew, and nothing else could be asked."""
    talk = Conversation(language="en")
    talk.add("What is TMS?")
    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(assistant, "ask", lambda *_, **__: 1 / 0)
        talk.answer(talk.exchanges[0], assistant)
    assert not talk.exchanges[0].waiting
    talk.again(talk.exchanges[0])
    talk.answer(talk.exchanges[0], assistant)
    assert talk.exchanges[0].answer.kind == "answer"


def test_erasing_leaves_only_the_language_and_the_pace(assistant):
    talk = asked(assistant, "I want to die")
    left = talk.erased()
    assert (left.exchanges, left.visit, left.card, left.turns) == ([], [], None, 0)
    assert len(left.asked_at) == 1


def test_help_that_is_on_its_way_cannot_be_stopped(assistant):
    """A thumb on the wrong button must not cost somebody the crisis card."""
    talk = Conversation(language="en")
    talk.add("I want to kill myself")
    talk.begin(talk.exchanges[0], assistant)
    talk.stop(talk.exchanges[0], assistant)
    assert talk.exchanges[0].waiting
    talk.take(talk.exchanges[0])
    assert talk.card is not None


def test_a_call_for_help_waits_behind_no_other_question(assistant):
    talk = Conversation(language="en")
    for message in ("How fast does ketamine work?", "What is TMS?", "I want to kill myself"):
        talk.send(message, assistant)
    assert [exchange.waiting for exchange in talk.exchanges] == [False, False, True]
    talk.answer(talk.exchanges[2], assistant)
    assert talk.card is not None
    talk.again(talk.exchanges[0])
    assert talk.exchanges[-1].waiting


def test_after_a_call_for_help_the_next_one_waits_behind_nothing_either(assistant):
    """What an earlier call makes urgent has its card; nor is "Stop" dead from then on."""
    talk = asked(assistant, "I want to kill myself")
    talk.send("What is TMS?", assistant)
    talk.send("I took all my pills", assistant)
    assert [exchange.waiting for exchange in talk.exchanges] == [False, False, True]


def test_a_call_for_help_needs_no_free_turn(assistant):
    """Questions of many visitors wait for each other; whoever is at risk does not."""
    for _ in range(ANSWERS):
        _answering.acquire()
    try:
        waits, helps = Conversation(language="en"), Conversation(language="en")
        waits.add("What is TMS?")
        helps.add("I want to kill myself")
        waiting = waits.begin(waits.exchanges[0], assistant)
        assert helps.begin(helps.exchanges[0], assistant).result(timeout=60).card
        assert not waiting.done()
    finally:
        for _ in range(ANSWERS):
            _answering.release()
    assert waiting.result(timeout=60).kind == "answer"


def test_of_a_long_conversation_the_newest_messages_are_read(assistant):
    talk = asked(assistant, "hello")
    talk.exchanges = talk.exchanges * KEPT
    assert len(talk.history) == KEPT


def test_a_second_question_stops_nothing(assistant):
    talk = Conversation(language="en")
    talk.send("How fast does ketamine work?", assistant)
    talk.send("What is TMS?", assistant)
    assert all(exchange.waiting for exchange in talk.exchanges)


def test_a_second_call_for_help_leaves_the_first_on_its_way(assistant):
    talk = Conversation(language="en")
    talk.send("I want to kill myself", assistant)
    talk.send("I took all my pills", assistant)
    assert all(exchange.waiting for exchange in talk.exchanges)


def test_a_page_that_runs_again_while_it_waits_asks_once(assistant):
    talk = Conversation(language="en")
    talk.add("How fast does ketamine work?")
    first = talk.begin(talk.exchanges[0], assistant)
    assert talk.begin(talk.exchanges[0], assistant) is first


def test_an_edited_question_replaces_the_last_one_only(assistant):
    talk = asked(assistant, "What is TMS?", "How fast does it hurt?")
    talk.editing = True
    talk.send("Does TMS hurt?", assistant)
    assert [exchange.message for exchange in talk.exchanges] == ["What is TMS?", "Does TMS hurt?"]
    assert not talk.editing


def test_nothing_typed_leaves_the_last_question_as_it_was(assistant):
    talk = asked(assistant, "What is TMS?")
    talk.replace_last("   ")
    assert [exchange.message for exchange in talk.exchanges] == ["What is TMS?"]


def test_a_call_for_help_is_not_edited_away(assistant):
    """The assistant reads the later messages in its light; it must not be forgotten."""
    assert asked(assistant, "I want to kill myself").editable is None
    assert asked(assistant, "I want to kill myself", "hello").exchanges[0].answer.card


def test_an_opinion_is_counted_once_and_without_words(assistant):
    talk = asked(assistant, "How fast does ketamine work, canarybird?")
    exchange = talk.exchanges[0]
    for opinion in ("not_helpful", "not_helpful", "hard_to_read"):
        talk.rate(exchange, opinion, assistant)
    counted = assistant.usage.opinions()
    assert sorted((key[3], times) for key, times in counted.items()) == [
        ("hard_to_read", 1),
        ("not_helpful", 1),
    ]
    assert "canarybird" not in str(counted)


def test_only_opinions_of_the_list_are_counted(assistant):
    """A text field, added some day, must not carry words into the counts."""
    answer = asked(assistant, "What is TMS?").exchanges[0].answer
    with pytest.raises(ValueError, match="helpful"):
        assistant.usage.rate(answer, "I am Jane and it was wrong")
    assert assistant.usage.opinions() == {}


def test_every_reason_has_words_in_both_languages():
    for language in ("en", "es"):
        say = drawing.words(language)
        named = {"helpful", "not_helpful"} & set(say) | set(say["reason"])
        assert named == set(get_args(Opinion))


# --- the page itself, drawn without a browser ------------------------------------------------


@pytest.fixture
def page(assistant, monkeypatch) -> AppTest:
    """The chat over the small corpus."""
    monkeypatch.setattr(server, "assistant", lambda: assistant)
    return AppTest.from_file(str(ROOT / "assistant" / "pages" / "chat.py"), default_timeout=120)


def test_the_input_stays_open_while_an_answer_is_on_its_way(page):
    """The next message may be a call for help."""
    submit = page.run().chat_input[0].proto
    assert submit.submit_mode == submit.SubmitMode.SUBMIT_MODE_SUBMIT


@pytest.mark.parametrize("way", ["editing-end", "new", "suggestion-0-0", "again"])
def test_whichever_way_editing_is_left_the_old_question_leaves_the_input(page, way):
    page.run().chat_input[0].set_value("How fast does ketamine work?").run()
    talk = page.session_state["conversation"]
    if way == "again":
        talk.exchanges.insert(0, Exchange(message="What is TMS?", stopped=True))
        way = f"again-{id(talk.exchanges[0])}"
        page.run()
    page.button(key=f"edit-last-{len(talk.exchanges) - 1}").click().run()
    assert page.chat_input[0].proto.value == "How fast does ketamine work?"
    page.button(key=way).click().run()
    assert not page.exception
    assert not talk.editing
    left = page.chat_input[0].proto
    assert (left.set_value, left.value) == (True, "")
