"""The server around the chat page: warm start, routes, headers, errors without content."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from assistant.pages import logs, widget
from assistant.pages.api import Api
from assistant.pages.conversation import Answering
from assistant.settings import hush, load_settings

log = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
PATIENCE = 20.0  # seconds for what is under way when the server stops; a store may hang for longer

warmed = Event()
"""Models are loaded and the store was asked; how that went is said by `Assistant.health`."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@cache
def assistant() -> Answering:
    """The one assistant of this process; it keeps nothing of what visitors say."""
    hush()
    from assistant.pipeline import load_assistant

    return load_assistant(load_settings())


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, Any]]:
    """The page is served at once, with its crisis cards; `/readyz` tells when it is warm.

    Nothing is waited for that may hang, as a store on a server: help must be there without it.
    """
    hush()
    logs.set_up()
    await asyncio.to_thread(assistant)  # one for all: made here, and not by two visitors at once
    warmed.clear()
    stopping = Event()
    ahead = Thread(target=_prepare, args=[stopping], daemon=True)
    ahead.start()
    log.info("started")
    forgetting = asyncio.create_task(_forget())
    yield {}
    forgetting.cancel()
    stopping.set()
    await asyncio.to_thread(ahead.join, PATIENCE)
    log.info("stopped")


def _prepare(stopping: Event) -> None:
    _warm()
    warmed.set()
    _work_ahead(stopping)


def _warm() -> None:
    """Models are loaded and the store is open before the server says that it is ready."""
    try:
        ready = assistant()
        ready.warm()
        health = ready.health()
        if not health.ok:
            log.error("not ready to answer (%s): %s", health.reason, health.message)
    except Exception as error:  # crisis cards work whatever else fails, so the page is served
        log.error("not warmed up: %s", type(error).__name__)


def _work_ahead(stopping: Event) -> None:
    """What later answers need, while the first visitors are served already."""
    try:
        for _ in assistant().prepare():
            if stopping.is_set():
                return
        log.info("all live articles are prepared")
    except Exception as error:  # answers are worked out when they are asked for
        log.error("not prepared: %s", type(error).__name__)


async def _forget() -> None:
    while True:
        await asyncio.sleep(60)
        forget_lost()


def forget_lost() -> None:
    """Lets go of conversations whose visitors were too long away. Streamlit hides them by then, but
    would keep them in memory until another visitor's connection is lost.
    """
    from streamlit import runtime

    sessions: Any = runtime.get_instance()._session_mgr
    sessions._session_storage._cache.expire()


# --- routes ----------------------------------------------------------------------------------


async def healthz(_request: Request) -> Response:
    """The server runs."""
    return JSONResponse({"ok": True})


async def readyz(_request: Request) -> Response:
    """Questions can be answered; 503 and a reason when not. Details are in the log only."""
    if not warmed.is_set():  # asked now, it would answer only then
        return JSONResponse({"ok": False, "reason": "starting"}, status_code=503)
    health = await asyncio.to_thread(assistant().health)
    return JSONResponse(
        {"ok": health.ok, "reason": health.reason}, status_code=200 if health.ok else 503
    )


async def script(_request: Request) -> Response:
    """The page's own script: focus, announcements, language of the document."""
    return FileResponse(
        HERE / "page.js",
        media_type="text/javascript",
        headers={"Cache-Control": "no-cache"},  # asked for anew each time: it must fit the page
    )


def routes() -> list[BaseRoute]:
    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/assistant/page.js", script),
        *widget.routes(),
        Api(assistant, load_settings()).mounted(),
    ]


# --- headers ---------------------------------------------------------------------------------


def security_headers(allowed_origins: list[str]) -> dict[str, str]:
    """Headers of every response.

    Streamlit writes its styles at run time, hence 'unsafe-inline' for styles alone; the hash is
    that of the one inline script in Streamlit's own page.
    """
    ancestors = " ".join(["'self'", *allowed_origins])
    policy = {
        "default-src": "'self'",
        "script-src": f"'self' {_inline_scripts()}".strip(),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": ancestors,
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if not allowed_origins:
        headers["X-Frame-Options"] = "SAMEORIGIN"
    return headers


@cache
def _inline_scripts() -> str:
    """Hashes of the inline scripts in the page that Streamlit serves."""
    import base64
    import hashlib
    import re

    import streamlit

    page = Path(streamlit.__file__).parent / "static" / "index.html"
    inline = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    digests = (hashlib.sha256(text.encode()).digest() for text in inline)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


class SecurityHeaders:
    """Adds the headers to every response; plain ASGI, so that websockets pass untouched."""

    def __init__(self, app: App, headers: dict[str, str]) -> None:
        self.app = app
        self.headers = [(key.lower().encode(), value.encode()) for key, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        names = {name for name, _ in self.headers}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in names]
                message["headers"] = kept + self.headers
            await send(message)

        await self.app(scope, receive, send_with_headers)


class SamePlace:
    """Turns away websockets that a page of another place opened.

    Streamlit would do so too, but asks an outside service for its own address first, and nothing
    here calls out.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            if not same_place(headers.get("origin", ""), headers.get("host", "")):
                await send({"type": "websocket.close", "code": 1008})
                return
        await self.app(scope, receive, send)


class NoUploads:
    """Turns away files. The page takes none, and Streamlit would keep them in memory all the same:
    anybody with a page open could fill it.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "/_stcore/upload_file" in scope["path"]:
            await Response(status_code=404)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def same_place(origin: str, host: str) -> bool:
    """Whether a websocket's origin is this server, as it was called or as it is named by setting.

    Programs other than browsers send no origin.
    """
    from streamlit import config

    try:
        place = urlsplit(origin)
        named = {host.lower(), str(config.get_option("browser.serverAddress")).lower()}
        return not origin or place.netloc.lower() in named or place.hostname in named
    except ValueError:
        return False


def middleware() -> list[Middleware]:
    headers = security_headers(load_settings().allowed_origins)
    return [
        Middleware(SecurityHeaders, headers=headers),
        Middleware(SamePlace),
        Middleware(NoUploads),
    ]


def on_script_error(error: Exception) -> bool:
    """Logs what kind of error it was and where, never its message: it may hold visitors' words."""
    log.error("the page failed: %s", logs.place_of(error))
    from assistant.pages.chat_error import show

    show()
    return True
