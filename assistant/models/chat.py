"""The chat model of the generative mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.settings import Settings
from assistant.types import ModelUnavailable, SettingsError

if TYPE_CHECKING:  # slow to import, and only needed by the generative mode
    from langchain_core.language_models import BaseChatModel


def load_chat_model(settings: Settings) -> BaseChatModel:
    """The chat model of the generative mode. Raises SettingsError when none is set."""
    if not settings.chat_model:
        raise SettingsError(
            "ASSISTANT_ANSWERER is generative, but ASSISTANT_CHAT_MODEL is empty.",
            hint="Name a model, for instance openai:gpt-4o-mini, or use the extractive answerer.",
        )
    from langchain.chat_models import init_chat_model

    try:
        where = {"base_url": settings.chat_url} if settings.chat_url else {}
        options: dict[str, Any] = {"temperature": 0, "timeout": 30, "max_retries": 1, **where}
        model: BaseChatModel = init_chat_model(settings.chat_model, **options)
    except Exception as error:  # each provider's package raises its own kind
        raise ModelUnavailable(
            f"The chat model {settings.chat_model!r} can't be set up: {error}.",
            hint="Install its LangChain package (for openai: pip install langchain-openai).",
        ) from error
    return model
