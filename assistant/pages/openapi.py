"""The OpenAPI document of the JSON API, made from the same models that check the requests.

`python -m assistant.pages.openapi > docs/openapi.yaml` writes the copy in the docs.
"""

from __future__ import annotations

import sys
from typing import Any

import yaml
from pydantic.json_schema import models_json_schema

from assistant import __version__
from assistant.pages.messages import Ask, Failure, Reply, Topics, TopicsAsked

_REF = "#/components/schemas/{model}"
_ERRORS = {
    "400": "Not JSON.",
    "413": "Longer than a million bytes.",
    "415": "Not `Content-Type: application/json`.",
    "422": "A field is missing or wrong; `problems` names it.",
    "500": "Something failed on the server.",
}
_ABOUT = """\
For websites that draw their own chat. Answers are made as on the assistant's own page: only of
sentences that stand in approved articles, with their sources.

Show everything that a reply holds. When `card` is there, somebody may be in danger: show it before
anything else, with its links large enough to tap, and keep it in view. Always show `referral` and
`notice`. Errors carry `help` with the emergency numbers: show that too.

Nothing is stored. A browser may call this from the websites in ASSISTANT_ALLOWED_ORIGINS only.
"""


def document() -> dict[str, Any]:
    """The whole document, as OpenAPI 3.1."""
    _, schemas = models_json_schema(
        [
            (Ask, "validation"),
            (TopicsAsked, "validation"),
            *((model, "serialization") for model in (Reply, Topics, Failure)),
        ],
        ref_template=_REF,
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Practice assistant", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/api/v1"}],
        "paths": {"/ask": {"post": _ask()}, "/topics": {"get": _topics_get(), "post": _topics()}},
        "components": {"schemas": schemas["$defs"]},
    }


def _ask() -> dict[str, Any]:
    limited = _answer(
        "Failure", "Too many questions in a minute; a crisis card is never held back."
    )
    limited["headers"] = {
        "Retry-After": {
            "description": "Seconds.",
            "schema": {"type": "string", "pattern": "^[0-9]+$"},
        }
    }
    return {
        "operationId": "ask",
        "summary": "Answer a message",
        "requestBody": _sent("Ask", {"message": "How fast does ketamine work?"}),
        "responses": {"200": _answer("Reply", "The reply."), **_errors(), "429": limited},
    }


def _topics() -> dict[str, Any]:
    return {
        "operationId": "topics",
        "summary": "Notices and first questions, in a language",
        "requestBody": _sent("TopicsAsked", {"language": "es"}),
        "responses": {"200": _answer("Topics", "What to show at the start."), **_errors()},
    }


def _topics_get() -> dict[str, Any]:
    language = {
        "name": "language",
        "in": "query",
        "description": "That of the browser when it is not given.",
        "schema": {"type": "string", "enum": ["en", "es"]},
    }
    return {
        "operationId": "topicsByAddress",
        "summary": "The same, by an address that can be linked",
        "parameters": [language],
        "responses": {
            "200": _answer("Topics", "What to show at the start."),
            **_errors("422", "500"),
        },
    }


def _sent(model: str, example: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model)}
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _answer(model: str, description: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model)}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _errors(*only: str) -> dict[str, Any]:
    return {code: _answer("Failure", _ERRORS[code]) for code in only or _ERRORS}


if __name__ == "__main__":
    yaml.safe_dump(document(), sys.stdout, sort_keys=False, allow_unicode=True, width=100)
