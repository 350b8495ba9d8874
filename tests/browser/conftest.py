"""The real page, served by the real server over the real corpus, in a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import ROOT

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM and not os.environ.get("REQUIRE_BROWSER"):
                item.add_marker(
                    pytest.mark.skip(reason="no Chromium: on Debian, apt-get install chromium")
                )


class Server:
    """A chat server of its own, on loopback."""

    def __init__(self, corpus: Path, store: Path, log: Path, **settings: str) -> None:
        self._corpus, self._store, self._log = corpus, store, log
        self._environment = {
            **os.environ,
            "ASSISTANT_CORPUS": str(corpus),
            "ASSISTANT_STORE": str(store),
            **settings,
        }
        self.app = "app.py"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def beside(self, log: Path, **settings: str) -> Server:
        """Another server over the same store, with other settings."""
        return Server(self._corpus, self._store, log, **settings)

    def publish(self) -> None:
        subprocess.run(
            [sys.executable, "ingest.py", "--skip-golden"],
            cwd=ROOT, env=self._environment, check=True, capture_output=True,
        )  # fmt: skip

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "streamlit", "run", self.app,
                    "--server.port", str(self.port), "--server.address", "127.0.0.1",
                ],
                cwd=ROOT, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait()

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(120)

    def _wait(self) -> None:
        """Until the server says that it runs; connecting is retried, with no fixed sleep."""
        import time

        until = time.monotonic() + 300
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as reply:
                    if reply.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if self.process and self.process.poll() is not None:
                    break
        self.stop()
        raise RuntimeError(f"the server did not start:\n{self.log}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serves the project's own corpus, all tests together."""
    folder = tmp_path_factory.mktemp("server")
    running = Server(ROOT / "corpus", folder / "store", folder / "log.txt")
    running.publish()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, browser, url: str, **options) -> None:
        options.setdefault("locale", "en-US")
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(120_000)  # a busy machine is no failure
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.problems: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.url = url

    def open(self) -> None:
        self.page.goto(self.url)
        self.page.wait_for_selector("[data-testid=stChatInput] textarea")

    @property
    def answers(self) -> int:
        return self.page.locator(".announce").count()

    def type(self, text: str) -> None:
        self.page.fill("[data-testid=stChatInput] textarea", text)
        self.page.keyboard.press("Enter")

    def ask(self, text: str) -> str:
        """The text of the reply."""
        before = self.answers
        self.type(text)
        return self.wait_for_answer(before)

    def wait_for_answer(self, before: int) -> str:
        self.page.wait_for_function(
            "n => document.querySelectorAll('.announce').length > n", arg=before, timeout=120_000
        )
        return self.page.locator(".announce").last.text_content() or ""

    @property
    def text(self) -> str:
        return self.page.inner_text("body")


@pytest.fixture
def visit(browser, server) -> Iterator:
    visitors: list[Visitor] = []

    def start(**options) -> Visitor:
        visitor = Visitor(browser, options.pop("url", server.url), **options)
        visitors.append(visitor)
        visitor.open()
        return visitor

    yield start
    for visitor in visitors:
        visitor.context.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
