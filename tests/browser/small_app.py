"""The page over the small corpus of the tests, with stand-ins for the models: it starts at once."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from assistant.pages import server
from assistant.pipeline import Assistant
from assistant.settings import ROOT, load_settings
from tests.conftest import TODAY
from tests.fakes import WordEmbedder, WordReader


class HeldReader(WordReader):
    """Waits, while there is a pipe named HOLD beside the store, until a test writes to it."""

    def score(self, question, texts, *, at_most=None):
        pipe = Path(os.environ["ASSISTANT_STORE"]).parent / "HOLD"
        if pipe.exists():
            pipe.read_bytes()
        return super().score(question, texts)


small = Assistant(
    load_settings(), embedder=WordEmbedder(), reader=HeldReader(), today=lambda: TODAY
)
server.assistant = lambda: small

app = st.App(
    ROOT / "assistant" / "pages" / "chat.py",
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=server.middleware(),
    on_script_error=server.on_script_error,
)
