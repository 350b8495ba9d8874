"""Log lines of the server: whole sentences for the operator, never a visitor's words."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

from assistant.pages import logs
from assistant.settings import ROOT
from assistant.types import StoreMissing


@pytest.fixture
def line():
    """Logs through a logger of its own; the line as a table."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logs.without_words)
    logger = logging.Logger("somebody.elses")
    logger.addHandler(handler)

    def log(message: str, *values: object, **options: object) -> dict[str, str]:
        logger.error(message, *values, **options)
        assert stream.getvalue().count("\n") == 1
        return json.loads(stream.getvalue())

    yield log
    logging.setLogRecordFactory(before)


def failed(words: str) -> Exception:
    try:
        raise ValueError(words)
    except ValueError as error:
        return error


def test_an_exception_is_told_by_kind_and_place(line):
    said = line("Uncaught app execution", exc_info=failed("canarybird"))
    assert said["message"].startswith("Uncaught app execution (ValueError at test_logs.py:")
    assert "canarybird" not in str(said)


def test_an_exception_among_the_values_loses_its_words_too(line):
    assert "canarybird" not in str(line("failed: %s", failed("canarybird")))


def test_an_exception_as_the_message_loses_its_words_too(line):
    """`logger.warning(error)`, as libraries write it."""
    assert line(failed("canarybird"))["message"].startswith("ValueError at test_logs.py:")


def test_an_exception_among_values_with_names_loses_its_words_too(line):
    assert "canarybird" not in str(line("failed: %(why)s", {"why": failed("canarybird")}))


@pytest.mark.parametrize(("message", "values"), [("%d of %d", ["one"]), ("100 %", [1])])
def test_values_that_do_not_fit_cost_the_line_its_values_and_nothing_else(line, message, values):
    """A slip in somebody's log line must not fail the request that writes it."""
    assert line(message, *values)["message"] == message


def test_our_own_errors_keep_theirs_which_tell_the_operator_what_to_do(line):
    assert "python ingest.py" in line("not ready: %s", StoreMissing("No store."))["message"]


def test_a_message_can_not_forge_a_second_line(line):
    said = line("origin %s", 'x\n{"level": "info", "message": "forged"}\x1b[2J')
    assert said["level"] == "error"
    assert said["logger"] == "somebody.elses"


def test_streamlit_itself_reports_a_failed_page_without_the_words():
    """It logs the exception before our handler is asked, and with rich would print it whole."""
    program = (
        "from assistant.pages import logs\n"
        "from streamlit import config, error_util\n"
        "config.get_option('server.port')\n"  # the server reads its file before it starts
        "logs.set_up()\n"
        "try:\n"
        "    raise ValueError('canary' + 'bird')\n"
        "except ValueError as error:\n"
        "    error_util.handle_user_script_exception(error, lambda _: True)\n"
    )
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    said = ran.stdout + ran.stderr
    assert '"message": "Uncaught app execution (ValueError at ' in said
    assert "canarybird" not in said
