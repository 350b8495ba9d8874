"""The real page, served by the real server over the real corpus, in a real Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from assistant.publishing import Publication, publish
from assistant.settings import ROOT, Settings
from assistant.store import open_store
from tests.conftest import KETAMINE, TMS, TODAY, front_matter
from tests.fakes import WordEmbedder, WordReader

PRACTICE = """
name = "Mental Health and Wellness Associates"
states = ["California"]
phone = "(555) 010-0199"
booking_url = "https://book.example.org/visit"
"""

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

    def __init__(
        self, corpus: Path, store: Path, log: Path, *, app: str = "app.py", **settings: str
    ) -> None:
        self._corpus, self._store, self._log, self.app = corpus, store, log, app
        self._environment = {
            **os.environ,
            "ASSISTANT_CORPUS": str(corpus),
            "ASSISTANT_STORE": str(store),
            **settings,
        }
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
        """Until the server is warm, whatever it then says; asked again, with no fixed sleep."""
        import time

        until = time.monotonic() + 300
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=60):
                    return
            except urllib.error.HTTPError as error:
                if json.load(error)["reason"] != "starting":
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
def website(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The practice's own website, as far as a test needs it: one long page with an article."""
    folder = tmp_path_factory.mktemp("website")
    before = "<p>Something else.</p>" * 200
    paragraphs = "".join(f"<p>{block}</p>" for block in KETAMINE.split("\n\n"))
    (folder / "ketamine.html").write_text(
        f"<!doctype html><title>Ketamine</title>{before}{paragraphs}{before}", encoding="utf-8"
    )
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Requests of a test are nobody's business."""


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, website: str) -> Iterator[SmallServer]:
    """Serves two articles with stand-ins for the models; see small_app.py."""
    running = SmallServer(tmp_path_factory.mktemp("small"), website)
    running.publish()
    running.start()
    yield running
    running.stop()


class SmallServer(Server):
    """A server whose answers are known, and can be held back."""

    def __init__(self, folder: Path, website: str) -> None:
        articles = folder / "corpus" / "articles"
        articles.mkdir(parents=True)
        (folder / "corpus" / "practice.toml").write_text(PRACTICE, encoding="utf-8")
        (articles / "ketamine.md").write_text(
            front_matter(title="Ketamine for depression", url=f"{website}/ketamine.html")
            + KETAMINE,
            encoding="utf-8",
        )
        (articles / "tms.md").write_text(front_matter(title="TMS") + TMS, encoding="utf-8")
        self._folder = folder
        super().__init__(
            folder / "corpus",
            folder / "store",
            folder / "log.txt",
            app="tests/browser/small_app.py",
        )

    def publish(self) -> None:
        settings = Settings(corpus=self._corpus, store=str(self._store))
        publish(
            Publication(
                settings=settings,
                store=open_store(settings.store),
                embedder=WordEmbedder(),
                reader=WordReader(),
                today=TODAY,
            )
        )

    @contextmanager
    def held(self, what: str = "READER") -> Iterator[None]:
        """As long as this lasts, no answer is finished; with "STORE", nothing is heard of that."""
        pipe = self._folder / what
        os.mkfifo(pipe)
        held = os.open(pipe, os.O_RDWR)  # whoever reads waits until this end is closed
        try:
            yield
        finally:
            pipe.unlink()
            os.close(held)


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


LATEST_TURN = "Math.max(0, ...[...document.querySelectorAll('.announce')].map(e => e.dataset.turn))"


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

    def open(self, *, settled: bool = True) -> None:
        self.page.goto(self.url)
        self.page.wait_for_selector("[data-testid=stChatInput] textarea")
        if settled:  # the input stands there first, before what takes its time
            self.settled()

    @property
    def answers(self) -> int:
        self.settled()
        return self.page.locator(".announce").count()

    def settled(self) -> None:
        """Until Streamlit has drawn everything and taken away what it drew before."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")

    def type(self, text: str) -> None:
        """As a person does: tap the input, which ends the hold of a new card on focus; type."""
        input_ = self.page.locator("[data-testid=stChatInput] textarea")
        input_.click()
        input_.fill(text)
        input_.press("Enter")

    def ask(self, text: str) -> str:
        """The text of the reply."""
        self.settled()
        before = self._turn()
        self.type(text)
        return self.wait_for_answer(before)

    def wait_for_answer(self, before: int = 0) -> str:
        """The first answer after that turn. While Streamlit draws, old ones may stand twice."""
        self.page.wait_for_function(f"before => {LATEST_TURN} > before", arg=before)
        self.settled()
        return self.page.locator(".announce").last.text_content() or ""

    def _turn(self) -> int:
        return int(self.page.evaluate(LATEST_TURN))

    @property
    def text(self) -> str:
        return self.page.inner_text("body")


@pytest.fixture
def visit(browser, server) -> Iterator:
    yield from _visits(browser, server.url)


@pytest.fixture
def call_on(browser, small) -> Iterator:
    """A visitor of the small server."""
    yield from _visits(browser, small.url)


def _visits(browser, url: str) -> Iterator:
    visitors: list[Visitor] = []

    def start(*, settled: bool = True, **options) -> Visitor:
        visitor = Visitor(browser, url, **options)
        visitors.append(visitor)
        visitor.open(settled=settled)
        return visitor

    yield start
    for visitor in visitors:
        visitor.context.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
