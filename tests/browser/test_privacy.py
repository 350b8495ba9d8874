"""Words that a visitor types are in no log, file, cookie, address or title, whatever happens."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from assistant.settings import ROOT
from tests.browser.conftest import Server, Visitor

CANARY = "canarybird"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("private")


@pytest.fixture(scope="module")
def private(server, folder) -> Iterator[Server]:
    """A server whose home and temporary files are in a folder of their own."""
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    running = server.beside(
        folder / "log.txt", HOME=str(folder / "home"), TMPDIR=str(folder / "tmp")
    )
    running.start()
    yield running
    running.stop()


def without_store(tmp_path: Path) -> Server:
    """A server with nothing published: it starts at once, for it has no model to load."""
    return Server(ROOT / "corpus", tmp_path / "none", tmp_path / "log.txt")


def post(url: str, body: bytes, kind: str = "application/json") -> int:
    request = urllib.request.Request(
        f"{url}/api/v1/ask", body, {"Content-Type": kind}, method="POST"
    )
    try:
        with urllib.request.urlopen(request) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        assert CANARY not in error.read().decode()
        return error.code


def written(*places: Path) -> list[Path]:
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return [path for path in files if CANARY.encode() in path.read_bytes()]


def test_what_is_typed_leaves_no_trace(browser, private, folder, server):
    visitor = Visitor(browser, private.url)
    visitor.open()
    for message in (
        f"What is TMS, {CANARY}?",
        f"I want to die {CANARY}",
        f"{CANARY} " * 500,
        f"<b>{CANARY}</b> should I stop my pills?",
    ):
        visitor.ask(message)
    page = visitor.page
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    seen = [*visitor.requests, page.url, page.title(), kept]
    assert CANARY not in " ".join(seen) + json.dumps(visitor.context.cookies())
    visitor.context.close()

    message = json.dumps({"message": f"What is TMS, {CANARY}?"}).encode()
    assert post(private.url, message) == 200
    assert post(private.url, b"{" + CANARY.encode()) == 400
    assert post(private.url, json.dumps({"message": {CANARY: CANARY}}).encode()) == 422
    assert post(private.url, CANARY.encode(), "text/plain") == 415

    private.stop()  # whatever it writes at the end is looked at too
    assert CANARY not in private.log
    assert written(folder, Path(server._store)) == []
    private.start()


def test_an_error_that_quotes_the_visitor_is_logged_without_the_quote(browser, tmp_path):
    """Streamlit logs exceptions of the page whole before the page's own handler is asked."""
    failing = without_store(tmp_path)
    failing.app = "tests/browser/failing_app.py"
    failing.start()
    try:
        visitor = Visitor(browser, failing.url)
        visitor.open()
        visitor.type(f"What is TMS, {CANARY}?")
        visitor.page.locator(".banner.failed").wait_for()
        assert "988" in visitor.page.locator(".banner.failed").inner_text()
        visitor.context.close()
        assert post(failing.url, json.dumps({"message": f"hello {CANARY}"}).encode()) == 500
    finally:
        failing.stop()
    assert "ValueError at failing_app.py" in failing.log
    assert CANARY not in failing.log
    lines = [json.loads(line) for line in failing.log.splitlines() if line.startswith("{")]
    assert {"time", "level", "logger", "message"} <= set(lines[0])


def test_the_page_asks_nobody_else_for_anything_and_breaks_no_rule_of_its_own(visit, server):
    """The browser's network log, and the policy's own complaints."""
    complaints: list[str] = []
    visitor = visit()
    visitor.page.on("console", lambda message: complaints.append(message.text))
    visitor.page.reload()
    visitor.page.wait_for_selector("[data-testid=stChatInput] textarea")
    visitor.ask("hello")
    assert {urlsplit(url).netloc for url in visitor.requests} <= {urlsplit(server.url).netloc, ""}
    assert not [text for text in complaints if "Content Security Policy" in text]


def test_no_inline_script_runs(visit):
    """The policy holds in the browser, not only in a header."""
    page = visit().page
    page.evaluate(
        "(() => { const script = document.createElement('script');"
        " script.textContent = 'window.ran = true'; document.body.append(script); })()"
    )
    assert page.evaluate("window.ran") is None


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), (None, 101), ("same", 101)],
)
def test_a_page_of_another_place_can_not_open_a_conversation(server, origin, status):
    """Turned away here, before Streamlit asks an outside service for its own address."""
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=120)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    if origin:
        headers["Origin"] = server.url if origin == "same" else origin
    connection.request("GET", "/_stcore/stream", headers=headers)
    assert connection.getresponse().status == status
    connection.close()


def test_streamlits_own_interfaces_for_programs_are_off(server):
    """They would let anybody drive the page without its limits."""
    request = urllib.request.Request(f"{server.url}/_stcore/agent/interact", b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code in {403, 404, 405}


def test_a_stopping_server_first_answers_whom_it_has_let_in(browser, tmp_path):
    """SIGTERM in the middle of a request, and with a page open."""
    stopping = without_store(tmp_path)
    stopping.start()
    visitor = Visitor(browser, stopping.url)
    visitor.open()
    message = json.dumps({"message": "I want to die"}).encode()
    with socket.create_connection(("127.0.0.1", stopping.port), timeout=120) as asked:
        asked.sendall(
            b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(message)
        )
        assert b"100 Continue" in asked.recv(1000)  # the request is being handled
        stopping.process.send_signal(signal.SIGTERM)
        asked.sendall(message)
        reply = b"".join(iter(lambda: asked.recv(65536), b""))
    assert reply.startswith(b"HTTP/1.1 200")
    assert b"tel:988" in reply
    # It ends by the signal itself, as systemd and Docker expect, and by nothing worse.
    assert stopping.process.wait(120) in {0, -signal.SIGTERM}
    visitor.context.close()
    assert '"message": "stopped"' in stopping.log
