"""The chat as JSON, for websites that draw their own: the same pipeline, the same promises."""

from __future__ import annotations

import ipaddress
import json
import logging
import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from time import time
from typing import Any, TypeVar, get_args

from anyio import CapacityLimiter, to_thread
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from assistant.pages import openapi
from assistant.pages.conversation import ANSWERS, Answering
from assistant.pages.logs import place_of
from assistant.pages.messages import Ask, Failure, Help, Problem, Reply, Topics, TopicsAsked
from assistant.settings import Settings, wording
from assistant.types import Answer, Language, Turn

log = logging.getLogger(__name__)

PATH = "/api/v1"
MAX_BODY = 1_000_000  # bytes; a longer message is not even read for signs of a crisis
READINGS = 40  # messages that are read for their urgency at a time; none waits for store or network

Endpoint = Callable[[Request], Awaitable[Response]]
Asked = TypeVar("Asked", Ask, TopicsAsked)


class Refused(Exception):
    """A request that gets an error instead of a reply; `code` names its text in the wording."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        *,
        problems: list[Problem] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code = status, code
        self.problems, self.headers = problems or [], headers or {}


class Api:
    """The routes of the JSON API. Remembers nothing but who asked how often in the last minute."""

    def __init__(self, assistant: Callable[[], Answering], settings: Settings) -> None:
        self._assistant = assistant
        self._limit = RateLimitItemPerMinute(settings.questions_per_minute)
        self._pace = MovingWindowRateLimiter(MemoryStorage())
        self._origins = settings.allowed_origins
        # Not the threads that Streamlit and files share, and help not those that answer questions:
        # sixteen questions to a store that hangs must not keep anybody's call for help waiting.
        self._answers, self._readings = CapacityLimiter(ANSWERS), CapacityLimiter(READINGS)

    def mounted(self) -> BaseRoute:
        """All of it under `/api/v1`; only the allowed websites may read it from a browser."""
        app = Starlette(
            routes=[
                Route("/ask", guarded(self.ask), methods=["POST"]),
                Route("/topics", guarded(self.topics), methods=["GET", "POST"]),
                Route("/openapi.json", guarded(describe), methods=["GET"]),
            ],
            middleware=[
                Middleware(
                    CORSMiddleware,
                    allow_origins=self._origins,
                    allow_methods=["GET", "POST"],
                    allow_headers=["Content-Type"],
                    expose_headers=["Retry-After"],
                )
            ],
            exception_handlers={HTTPException: unrouted},
        )
        return Mount(PATH, app=app)

    async def ask(self, request: Request) -> Response:
        """One message, answered as the page would answer it."""
        values = await body(request)
        note_language(request, values)
        asked = checked(Ask, values)
        urgent = await to_thread.run_sync(
            self._admit, asked.message, visitor(request), limiter=self._readings
        )
        answer = await to_thread.run_sync(
            self._answer, asked, limiter=self._readings if urgent else self._answers
        )
        return reply(Reply.of(answer))

    async def topics(self, request: Request) -> Response:
        """What a visitor reads before the first question, and questions to start with."""
        values = dict(request.query_params) if request.method == "GET" else await body(request)
        note_language(request, values)
        language = checked(TopicsAsked, values).language or preferred(request)
        return reply(await to_thread.run_sync(self._topics, language, limiter=self._answers))

    def _admit(self, message: str, who: str) -> bool:
        """Whether a message is a call for help, which nothing holds back. Raises Refused when it is
        not, and the visitor asks too fast.

        It is read alone: an urgent line in the history would else lift the limit, and take the way
        that is kept free for help, for whatever follows.
        """
        too_fast = not self._pace.hit(self._limit, who)
        urgent = self._assistant().triage(message).urgent
        if too_fast and not urgent:
            free_at = self._pace.get_window_stats(self._limit, who).reset_time
            wait = {"Retry-After": str(max(1, math.ceil(free_at - time())))}
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many", headers=wait)
        return urgent

    def _answer(self, asked: Ask) -> Answer:
        history = tuple(Turn(role=said.role, text=said.text) for said in asked.history)
        return self._assistant().ask(
            asked.message, history, language=asked.language, times_shown=asked.cards_shown
        )

    def _topics(self, language: Language) -> Topics:
        assistant = self._assistant()
        say = wording(language)
        topics = list(assistant.starters(language))  # looks which articles are live
        return Topics(
            language=language,
            practice=assistant.practice.name,
            notices=list(say["page"]["notice_points"]),
            sample_note=say["reply"]["sample_note"] if assistant.sample else "",
            topics=topics,
        )


# --- requests --------------------------------------------------------------------------------


async def body(request: Request) -> Any:
    """The JSON of a request. Raises Refused when it is another type, too long or not JSON."""
    type_ = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type_ != "application/json":
        # Also keeps out forms on other websites: a browser sends this type to us from allowed
        # origins alone.
        problem = Problem(field="Content-Type", problem="must be application/json")
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unreadable", problems=[problem])
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > MAX_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
    try:
        return json.loads(received.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError) as error:
        problem = Problem(field="body", problem="is not JSON")
        raise Refused(HTTPStatus.BAD_REQUEST, "unreadable", problems=[problem]) from error


def checked(kind: type[Asked], values: Any) -> Asked:
    """The values as a request. Raises Refused naming each wrong field, never what it held."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problems = [
            Problem(
                field=".".join(str(part) for part in found["loc"]) or "body", problem=found["msg"]
            )
            for found in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "unreadable", problems=problems) from error


def visitor(request: Request) -> str:
    """Who is asking: the address, of IPv6 the part that a household shares."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped:  # a server that listens to both sees IPv4 like this
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network(f"{host}/64", strict=False))


def note_language(request: Request, values: Any) -> None:
    """Remembers which language was asked for: an error is told in it, too."""
    asked = values.get("language") if isinstance(values, dict) else None
    if asked in get_args(Language):
        request.state.language = asked


def preferred(request: Request) -> Language:
    """The language of the browser, where the request itself does not say."""
    return "es" if request.headers.get("accept-language", "").lower().startswith("es") else "en"


# --- replies ---------------------------------------------------------------------------------


def reply(value: Reply | Topics | Failure, status: int = 200, **headers: str) -> Response:
    return JSONResponse(
        value.model_dump(mode="json"), status, headers={"Cache-Control": "no-store"} | headers
    )


def failure(request: Request, refused: Refused) -> Response:
    """An error in kind words, with the emergency numbers: what was refused may have been urgent."""
    language: Language = getattr(request.state, "language", preferred(request))
    say = wording(language)
    value = Failure(
        code=refused.code,
        message=say["api"][refused.code],
        problems=refused.problems,
        help=Help(text=say["api"]["help"], actions=say["page"]["emergency_links"]),
        language=language,
    )
    return reply(value, refused.status, **refused.headers)


def guarded(endpoint: Endpoint) -> Endpoint:
    """Nothing that goes wrong reaches the client or the log with its words."""

    async def safe(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as refused:
            return failure(request, refused)
        except Exception as error:
            log.error("request failed: %s", place_of(error))
            return failure(request, Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "failed"))

    return safe


async def unrouted(request: Request, error: Exception) -> Response:
    """No such address, or not with this method."""
    assert isinstance(error, HTTPException)  # noqa: S101, the only kind this is registered for
    code = {404: "not_found", 405: "not_allowed"}.get(error.status_code, "failed")
    headers = dict(error.headers or {})
    return failure(request, Refused(HTTPStatus(error.status_code), code, headers=headers))


async def describe(_request: Request) -> Response:
    """The OpenAPI document."""
    return JSONResponse(openapi.document())
