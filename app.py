"""The chat's server: `streamlit run app.py`."""

from __future__ import annotations

import streamlit as st

from assistant.pages import server

app = st.App(
    "assistant/pages/chat.py",
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=server.middleware(),
    on_script_error=server.on_script_error,
)
