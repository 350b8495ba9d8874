"""The page over the small corpus of the tests, with stand-ins for the models: it starts at once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import streamlit as st

from assistant.pages import server
from assistant.pipeline import Assistant
from assistant.settings import ROOT, load_settings
from assistant.store import Snapshot, Store, open_store
from tests.conftest import TODAY
from tests.fakes import WordEmbedder, WordReader


def wait_for(what: str) -> None:
    """Waits, while there is a pipe of that name beside the store, until a test lets go of it."""
    with suppress(FileNotFoundError):
        (Path(os.environ["ASSISTANT_STORE"]).parent / what).read_bytes()


class HeldReader(WordReader):
    def score(self, question, texts, *, at_most=None, language=None):
        wait_for("READER")
        return super().score(question, texts)


class HeldStore:
    def __init__(self, store: Store) -> None:
        self.store = store

    def live(self) -> Snapshot:
        wait_for("STORE")
        return self.store.live()


settings = load_settings()
small = Assistant(
    settings,
    source=HeldStore(open_store(settings.store)),
    embedder=WordEmbedder(),
    reader=HeldReader(),
    today=lambda: TODAY,
)
server.assistant = lambda: small

app = st.App(
    ROOT / "assistant" / "pages" / "chat.py",
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=server.middleware(),
    on_script_error=server.on_script_error,
)
