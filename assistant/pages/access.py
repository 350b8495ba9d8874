"""Who may use the content desk: a login where one is configured, otherwise an access code."""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from threading import Lock
from time import monotonic
from typing import Any, Literal

MIN_CODE = 12  # characters of an access code
WRONG_A_MINUTE = 5  # from all visitors together: a new session costs a guesser nothing

Verdict = Literal["open", "wrong", "wait"]


class Door:
    """Opens for the access code. One for the whole server, so that wrong codes are counted once."""

    def __init__(self, code: str, now: Callable[[], float] = monotonic) -> None:
        self._code = code.encode()
        self._now = now
        self._wrong: deque[float] = deque()
        self._lock = Lock()

    @property
    def usable(self) -> bool:
        """Whether there is a code that is worth something."""
        return len(self._code) >= MIN_CODE

    def knock(self, given: str) -> Verdict:
        """Whether that code opens it; after too many wrong ones none does for a minute."""
        with self._lock:
            while self._wrong and self._now() - self._wrong[0] > 60:
                self._wrong.popleft()
            if len(self._wrong) >= WRONG_A_MINUTE:
                return "wait"
            # Compared in constant time: how long it takes tells nothing about the code.
            if hmac.compare_digest(given.encode("utf-8", "replace"), self._code) and self.usable:
                return "open"
            self._wrong.append(self._now())
            return "wrong"


@cache
def door(code: str) -> Door:
    """The one door of this process: Streamlit runs a page's file anew for every action."""
    return Door(code)


def editor(user: Mapping[str, Any], editors: Sequence[str]) -> str:
    """The mail address of a logged-in user who may edit; empty for everybody else.

    A login proves who somebody is, not that they work here: so only listed addresses may, and
    only when whoever runs the login has verified the address.
    """
    address = str(user.get("email") or "").lower()
    return address if address in editors and user.get("email_verified") is True else ""
