"""Work beside the page: where a script ends, which Streamlit may do at any call, it goes on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Found = TypeVar("Found")


def begun(task: Callable[[], Found], *, name: str) -> Future[Found]:
    """What a task will give, or raise, on a thread of its own: it waits behind nobody else's."""
    future: Future[Found] = Future()

    def work() -> None:
        try:
            future.set_result(task())
        except BaseException as error:  # met again by whoever takes the result
            future.set_exception(error)

    Thread(target=work, name=name, daemon=True).start()
    return future
