"""The chat's server: `streamlit run app.py`."""

from __future__ import annotations

import streamlit as st

from assistant.pages import server
from assistant.settings import load_settings

# Without the content desk there is no second page at all.
app = st.App(
    "assistant/pages/navigation.py" if load_settings().desk else "assistant/pages/chat.py",
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=server.middleware(),
    on_script_error=server.on_script_error,
)
