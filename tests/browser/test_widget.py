"""The chat on a page of another website, in a real Chromium.

The website is `localhost`, the chat `127.0.0.1`: two origins, and two sites, for a browser.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from assistant.pages import widget
from assistant.settings import ROOT
from tests.browser.conftest import Server, Visitor
from tests.browser.test_accessibility import barriers

PHONE = {"viewport": {"width": 390, "height": 844}}


class Website:
    """A website on a port of its own, with a page that has the widget on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        handler = partial(Quiet, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.origin = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def show(self, chat: str, **replaced: str) -> str:
        """The address of a page with the widget of that chat server."""
        page = (widget.HERE / "demo.html").read_text(encoding="utf-8")
        page = page.replace('src="/widget.js"', f'src="{chat}/widget.js"')
        for old, new in replaced.items():
            page = page.replace(old, new)
        (self.folder / "index.html").write_text(page, encoding="utf-8")
        return f"{self.origin}/index.html"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def website(tmp_path_factory) -> Iterator[Website]:
    site = Website(tmp_path_factory.mktemp("website") / "pages")
    yield site
    site.close()


@pytest.fixture(scope="module")
def chat(website, tmp_path_factory) -> Iterator[Server]:
    """A chat that this website may show. Nothing is published: it starts without any model."""
    yield from serving(tmp_path_factory.mktemp("chat"), ASSISTANT_ALLOWED_ORIGINS=website.origin)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Iterator[Server]:
    """A chat that only its own page may show."""
    yield from serving(tmp_path_factory.mktemp("elsewhere"))


def serving(folder: Path, **settings: str) -> Iterator[Server]:
    running = Server(ROOT / "corpus", folder / "store", folder / "log.txt", **settings)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def guest(browser, website, chat) -> Iterator:
    """Opens the website's page."""
    visitors: list[Visitor] = []

    def start(**options) -> Visitor:
        visitor = Visitor(browser, website.show(chat.url), **options)
        visitors.append(visitor)
        visitor.page.goto(visitor.url)
        visitor.page.get_by_role("button", name="Ask a question").wait_for()
        return visitor

    yield start
    for visitor in visitors:
        visitor.context.close()


def open_chat(visitor: Visitor):
    """Opens the panel; the chat in it."""
    visitor.page.get_by_role("button", name="Ask a question").click()
    return ready(visitor)


def ready(visitor: Visitor):
    frame = visitor.page.frame_locator("iframe")
    frame.locator("[data-testid=stChatInput] textarea").wait_for()
    return frame


def focused(visitor: Visitor) -> str:
    """The element that has focus, looked for inside the widget too."""
    return visitor.page.evaluate(
        "(() => { let at = document.activeElement;"
        " while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;"
        " return at.className || at.localName; })()"
    )


def test_it_is_small():
    assert len(widget.script().encode()) < 10_000


def say(frame, message: str) -> None:
    box = frame.locator("[data-testid=stChatInput] textarea")
    box.click()
    box.fill(message)
    box.press("Enter")


def test_nothing_of_the_chat_is_loaded_before_it_is_opened(guest, chat):
    visitor = guest()
    of_chat = [url for url in visitor.requests if url.startswith(chat.url)]
    assert of_chat == [f"{chat.url}/widget.js"]
    open_chat(visitor)
    assert {urlsplit(url).hostname for url in visitor.requests} <= {"localhost", "127.0.0.1", ""}


def test_a_visitor_of_the_website_is_answered_and_gets_help(guest):
    visitor = guest()
    frame = open_chat(visitor)
    say(frame, "hello")
    frame.locator(".announce").first.wait_for(state="attached")
    assert "approved" in (frame.locator(".announce").first.text_content() or "")
    say(frame, "I want to kill myself")
    frame.locator(".card a[href='tel:988']").wait_for()
    assert visitor.problems == []


def test_it_is_a_named_dialog_that_keeps_focus_and_gives_it_back(guest):
    visitor = guest()
    open_chat(visitor)
    dialog = visitor.page.get_by_role("dialog", name="Chat assistant")
    assert dialog.is_visible()
    assert focused(visitor) == "close"
    # The page behind can't be reached: by key neither forwards nor backwards, nor by a click.
    for key in ["Tab"] * 3 + ["Shift+Tab"] * 6:
        visitor.page.keyboard.press(key)
        assert focused(visitor) in {"close", "iframe", "body"}
    visitor.page.get_by_role("button", name="Close the chat").click()
    dialog.wait_for(state="hidden")
    assert focused(visitor) == "open"


def test_axe_finds_no_barrier_in_the_button_and_the_open_panel(guest):
    visitor = guest()
    assert barriers(visitor.page) == []
    open_chat(visitor)
    assert barriers(visitor.page) == []


def test_escape_closes_it_from_outside_and_from_inside_the_chat(guest):
    visitor = guest()
    frame = open_chat(visitor)
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("dialog").wait_for(state="hidden")
    visitor.page.keyboard.press("Enter")  # focus is back on the button
    visitor.page.get_by_role("dialog").wait_for()
    frame.locator("[data-testid=stChatInput] textarea").press("Escape")
    visitor.page.get_by_role("dialog").wait_for(state="hidden")
    assert focused(visitor) == "open"


def test_the_conversation_is_still_there_when_it_is_opened_again(guest):
    visitor = guest()
    frame = open_chat(visitor)
    say(frame, "hello")
    frame.locator(".announce").first.wait_for(state="attached")
    visitor.page.get_by_role("button", name="Close the chat").click()
    frame = open_chat(visitor)
    assert frame.locator(".question").first.inner_text() == "hello"


def test_it_remembers_whether_it_was_open_and_nothing_else(guest):
    visitor = guest()
    frame = open_chat(visitor)
    say(frame, "canarybird")
    frame.locator(".announce").first.wait_for(state="attached")
    visitor.page.reload()
    visitor.page.get_by_role("dialog").wait_for()
    ready(visitor)
    visitor.page.get_by_role("button", name="Close the chat").click()
    visitor.page.reload()
    visitor.page.get_by_role("button", name="Ask a question").wait_for()
    assert not visitor.page.get_by_role("dialog").is_visible()
    kept = visitor.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert kept == '[{"practice-assistant":"closed"},{}]'


def test_it_fills_the_screen_of_a_phone(guest):
    visitor = guest(**PHONE)
    open_chat(visitor)
    box = visitor.page.get_by_role("dialog").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    close = visitor.page.get_by_role("button", name="Close the chat").bounding_box()
    assert min(close["width"], close["height"]) >= 44


def test_a_page_in_spanish_has_it_in_spanish(browser, website, chat):
    visitor = Visitor(browser, website.show(chat.url, **{'lang="en"': 'lang="es-MX"'}))
    visitor.page.goto(visitor.url)
    visitor.page.get_by_role("button", name="Haga una pregunta").wait_for()
    visitor.context.close()


def test_a_strict_policy_of_the_website_is_no_obstacle(browser, website, chat):
    """The widget needs its script and its frame, no inline styles and no eval."""
    policy = f"default-src 'none'; script-src {chat.url}; frame-src {chat.url}; style-src 'none'"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    visitor = Visitor(browser, website.show(chat.url, **{'<meta charset="utf-8">': meta}))
    visitor.page.goto(visitor.url)
    open_chat(visitor)
    button = visitor.page.get_by_role("dialog").bounding_box()
    assert button["width"] == 432, "its own styles must reach it"
    visitor.context.close()


def test_a_website_that_is_not_allowed_can_not_show_the_chat(browser, website, elsewhere):
    """`frame-ancestors`, enforced by the browser: the frame stays empty."""
    visitor = Visitor(browser, website.show(elsewhere.url))
    refused: list[str] = []
    visitor.page.on("console", lambda message: refused.append(message.text))
    visitor.page.goto(visitor.url)
    with visitor.page.expect_event("console", lambda message: "frame-ancestors" in message.text):
        visitor.page.get_by_role("button", name="Ask a question").click()
    frame = visitor.page.frame_locator("iframe")
    assert frame.locator("[data-testid=stChatInput]").count() == 0
    visitor.context.close()


def test_the_demo_page_is_served(browser, elsewhere):
    visitor = Visitor(browser, elsewhere.url)
    visitor.page.goto(f"{elsewhere.url}/widget-demo")
    open_chat(visitor)
    assert visitor.problems == []
    visitor.context.close()
