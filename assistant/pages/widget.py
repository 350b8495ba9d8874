"""The chat on other websites: the script that opens it, and a page to try it on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import get_args

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from assistant.settings import wording
from assistant.types import Language

HERE = Path(__file__).resolve().parent
_LABELS = "/*LABELS*/ {}"


@cache
def script() -> str:
    """`widget.js` with the words of the catalogue in it."""
    labels = {language: wording(language)["widget"] for language in get_args(Language)}
    source = (HERE / "widget.js").read_text(encoding="utf-8")
    return source.replace(_LABELS, json.dumps(labels, ensure_ascii=False))


async def widget(_request: Request) -> Response:
    """The script for other websites; in caches for an hour, so that a new version soon arrives."""
    return Response(
        script(),
        media_type="text/javascript",
        headers={"Cache-Control": "public, max-age=3600"},
    )


async def demo(_request: Request) -> Response:
    """A page that has the widget on it."""
    return FileResponse(HERE / "demo.html", media_type="text/html")


def routes() -> list[BaseRoute]:
    return [Route("/widget.js", widget), Route("/widget-demo", demo)]
