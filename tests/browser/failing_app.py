"""A server whose assistant fails with the visitor's own words in the error, for test_privacy."""

from __future__ import annotations

import streamlit as st

from assistant.pages import server
from assistant.settings import ROOT

loaded = server.assistant


class Failing:
    """The real assistant, but every question ends in an error that quotes it."""

    def __getattr__(self, name: str) -> object:
        return getattr(loaded(), name)

    def ask(self, message: str, *_: object, **__: object) -> None:
        raise ValueError(f"no answer to {message}")


server.assistant = Failing
app = st.App(
    ROOT / "assistant" / "pages" / "chat.py",
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=server.middleware(),
    on_script_error=server.on_script_error,
)
