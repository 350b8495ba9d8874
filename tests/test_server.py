"""The server around the page: it starts whatever hangs, and says when it is ready."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from assistant.pages import server
from assistant.pipeline import Assistant
from tests.servers import silent_server

LONG = 300  # seconds: a busy machine is no failure, and whoever waits for ever is one


@pytest.fixture(autouse=True)
def logs_left_as_they_are(monkeypatch):
    """The server would set up those of the whole process."""
    monkeypatch.setattr(server.logs, "set_up", lambda: None)


@contextmanager
def started(assistant: Assistant, monkeypatch) -> Iterator[TestClient]:
    """A visitor of a server with this assistant, as soon as it lets anybody in."""
    monkeypatch.setattr(server, "assistant", lambda: assistant)
    app = Starlette(routes=server.routes(), lifespan=server.lifespan)
    with TestClient(app, client=("127.0.0.1", 1)) as client:
        yield client


def readiness(client: TestClient) -> tuple[int, str]:
    reply = client.get("/readyz")
    return reply.status_code, reply.json()["reason"]


def helped(client: TestClient) -> bool:
    """Whether a call for help gets the crisis card."""
    return bool(client.post("/api/v1/ask", json={"message": "I want to die"}).json()["card"])


def test_visitors_are_let_in_before_the_assistant_is_warm_and_readiness_says_so(
    assistant, monkeypatch
):
    held = Event()
    monkeypatch.setattr(assistant, "warm", lambda: held.wait(LONG))
    with started(assistant, monkeypatch) as client:
        assert client.get("/healthz").status_code == 200
        assert readiness(client) == (503, "starting")
        assert helped(client)
        held.set()
        assert server.warmed.wait(LONG)
        assert readiness(client) == (200, "ok")


def test_a_store_that_never_answers_keeps_no_server_from_starting(settings, monkeypatch):
    monkeypatch.setattr("assistant.store.server.TIMEOUT", 0.05)
    with silent_server() as url:
        assistant = Assistant(settings.model_copy(update={"store": url}))
        with started(assistant, monkeypatch) as client:
            assert helped(client)
            assert server.warmed.wait(LONG)
            assert readiness(client) == (503, "unreachable")


def test_a_server_that_is_stopped_waits_for_no_store(assistant, monkeypatch):
    held = Event()
    monkeypatch.setattr(server, "PATIENCE", 0.01)
    monkeypatch.setattr(assistant, "warm", lambda: held.wait(LONG))
    with started(assistant, monkeypatch):
        pass
    assert not server.warmed.is_set(), "it was still warming up when the server had stopped"
    held.set()
    assert server.warmed.wait(LONG)


@pytest.mark.parametrize("what", ["warm", "health"])
def test_what_fails_on_warming_up_is_logged_and_keeps_nobody_out(
    assistant, monkeypatch, caplog, what
):
    def fail() -> None:
        raise RuntimeError("canarybird")

    monkeypatch.setattr(assistant, what, fail)
    with started(assistant, monkeypatch) as client:
        assert server.warmed.wait(LONG)
        assert helped(client)
    assert "not warmed up: RuntimeError" in caplog.text
    assert "canarybird" not in caplog.text
