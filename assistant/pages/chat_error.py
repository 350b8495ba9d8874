"""What a visitor sees when the page itself fails."""

from __future__ import annotations

import streamlit as st

from assistant.pages import drawing


def show() -> None:
    """A friendly line, with the emergency numbers, in the language that the page had."""
    talk = st.session_state.get("conversation")
    st.html(drawing.failure(talk.language if talk else "en"))
