"""The chat with the content desk behind it, where that is switched on; no link leads there."""

from __future__ import annotations

import streamlit as st

st.navigation(
    [
        st.Page("chat.py", title="Assistant", default=True),
        st.Page("desk.py", title="Content desk", url_path="desk"),
    ],
    position="hidden",
).run()
