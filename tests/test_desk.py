"""The content desk: nobody comes in without being let in, and it does what the command does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from assistant.corpus.gate import NotAllowed, approval, split_front_matter
from assistant.pages import server
from assistant.pages.access import WRONG_A_MINUTE, Door, door, editor
from assistant.pages.editing import Desk, file_name, new_article
from assistant.publishing import publish
from assistant.settings import ROOT, Settings
from assistant.types import StoreMismatch
from tests.conftest import TMS, TODAY, assistant_for
from tests.fakes import WordEmbedder

CODE = "correct-horse-battery"


def quiet(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def desk(publication) -> Desk:
    publish(publication)
    return Desk(
        publication.settings,
        assistant_for(publication),
        by="ann@example.org",
        embedder=publication.embedder,
        reader=publication.reader,
        today=TODAY,
    )


# --- who may come in ---------------------------------------------------------------------------


def test_the_code_opens_and_nothing_else_does():
    door = Door(CODE)
    assert [door.knock(given) for given in (CODE, CODE[:-1], "", CODE + "\ud800")] == [
        "open",
        "wrong",
        "wrong",
        "wrong",
    ]


def test_after_some_wrong_codes_even_the_right_one_has_to_wait():
    """Otherwise guessing on would still tell when the code was right."""
    time = [0.0]
    door = Door(CODE, now=lambda: time[0])
    assert [door.knock("guess") for _ in range(WRONG_A_MINUTE)] == ["wrong"] * WRONG_A_MINUTE
    assert door.knock(CODE) == "wait"
    time[0] = 61.0
    assert door.knock(CODE) == "open"


@pytest.mark.parametrize("code", ["", "short"])
def test_a_code_that_is_empty_or_short_opens_nothing(code):
    door = Door(code)
    assert not door.usable
    assert door.knock(code) == "wrong"


def test_a_login_is_not_enough_unless_the_address_is_verified_and_listed():
    editors = Settings(desk_editors="Ann@example.org, bob@example.org").desk_editors
    ann = {"email": "ann@Example.org", "email_verified": True}
    assert editor(ann, editors) == "ann@example.org"
    assert editor({**ann, "email_verified": False}, editors) == ""
    assert editor({**ann, "email": "eve@example.org"}, editors) == ""
    assert editor({"email_verified": True}, editors) == ""
    assert editor({"email_verified": True}, []) == ""


# --- the page ----------------------------------------------------------------------------------


@pytest.fixture
def page(publication, monkeypatch):
    """The desk's page over the small corpus."""
    publish(publication)
    monkeypatch.setenv("ASSISTANT_CORPUS", str(publication.settings.corpus))
    monkeypatch.setenv("ASSISTANT_STORE", publication.settings.store)
    monkeypatch.setenv("ASSISTANT_DESK", "true")
    monkeypatch.setenv("ASSISTANT_DESK_CODE", CODE)
    door.cache_clear()  # what other tests guessed does not count here
    ready = assistant_for(publication)
    monkeypatch.setattr(server, "assistant", lambda: ready)
    return AppTest.from_file(str(ROOT / "assistant" / "pages" / "desk.py"), default_timeout=120)


def seen(page: AppTest) -> str:
    """All words on the page."""
    return " ".join(str(getattr(element, "value", "")) for element in page.main) + " ".join(
        element.proto.body for element in page.get("html")
    )


def test_without_the_code_nothing_is_shown(page):
    page.run()
    assert "A. Reviewer" not in seen(page)
    page.text_input(key="code").set_value("not the code")
    page.button[0].click().run()
    assert page.error[0].value == "That is not the code."
    assert "A. Reviewer" not in seen(page)


def test_wrong_codes_are_counted_for_all_sessions_together(page):
    """Whoever opens a new session for each guess is slowed down all the same."""
    for _ in range(WRONG_A_MINUTE):
        assert door(CODE).knock("a guess from some other session") == "wrong"
    page.run()
    page.text_input(key="code").set_value(CODE)
    page.button[0].click().run()
    assert "Wait a minute" in page.error[0].value


def test_with_the_code_it_says_what_is_live_and_who_approved_it(page):
    page.run()
    page.text_input(key="code").set_value(CODE)
    page.button[0].click().run()
    assert not page.exception
    assert "A. Reviewer" in seen(page)
    assert "Ketamine for depression" in seen(page)


def test_a_desk_that_is_off_stays_shut_even_for_the_code(page, monkeypatch):
    monkeypatch.setenv("ASSISTANT_DESK", "false")
    page.session_state.desk_open = True
    page.run()
    assert "switched off" in page.error[0].value
    assert "A. Reviewer" not in seen(page)


def test_a_desk_without_a_code_says_what_to_set(page, monkeypatch):
    monkeypatch.setenv("ASSISTANT_DESK_CODE", "")
    page.run()
    assert "ASSISTANT_DESK_CODE" in page.error[0].value


@pytest.mark.parametrize(
    "section", ["Changes", "Publish", "History", "Try a question", "Due for review", "New article"]
)
def test_every_section_draws(page, section):
    page.session_state.desk_open = True
    page.session_state.section = section
    page.run()
    assert not page.exception
    assert not page.error


def test_what_editors_wrote_is_shown_as_text(page, publication, write):
    write("evil.md", TMS + " More.", title='"<img src=x onerror=alert(1)> **bold**"')
    publish(publication)
    page.session_state.desk_open = True
    page.run()
    assert "&lt;img" in seen(page)
    assert "<img" not in seen(page)


# --- what editors do ---------------------------------------------------------------------------


def test_a_rehearsal_shows_which_answers_change_and_changes_nothing(desk, write, publication):
    question = "What do people feel on the scalp?"
    (publication.settings.corpus / "golden.toml").write_text(
        f'[[question]]\nask = "{question}"\nkind = "answer"\n'
    )
    before = publication.store.live_id()
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    [result] = desk.rehearse(quiet).golden
    assert result.changed
    assert ("tapping" in result.before, "knocking" in result.after) == (True, True)
    assert publication.store.live_id() == before
    assert publication.store.audit() == []


def test_differences_are_line_by_line(desk, write, corpus):
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    write("new.md", TMS.replace("TMS", "ECT"), title="ECT")
    (corpus / "articles" / "ketamine.md").unlink()
    found = {difference.id: difference for difference in desk.differences()}
    assert {key: d.verb for key, d in found.items()} == {
        "ketamine": "removed",
        "new": "added",
        "tms": "changed",
    }
    changed = [line for line in found["tms"].lines if line[0] in "+-"]
    assert [line[0] for line in changed] == ["-", "+"]
    assert "knocking" in changed[1]


def test_publishing_and_rolling_back_are_recorded_with_a_name(desk, write, publication):
    first = publication.store.live_id()
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    assert desk.publish(quiet).activated
    assert desk.roll_back(first).id == first
    assert [(entry.how, entry.by) for entry, _ in desk.history()][:2] == [
        ("rolled back", "ann@example.org"),
        ("published", "ann@example.org"),
    ]


def test_going_back_to_a_generation_of_another_embedder_is_refused(desk, write, publication):
    """It would be live, and answer nothing."""
    first = publication.store.live_id()
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    other = Desk(
        publication.settings,
        assistant_for(publication),
        by="ann@example.org",
        embedder=WordEmbedder("other"),
        reader=publication.reader,
        today=TODAY,
    )
    assert other.publish(quiet, skip_golden=True).activated
    second = publication.store.live_id()
    with pytest.raises(StoreMismatch, match="was built with words@256, but other@256 is set"):
        other.roll_back(first)
    assert publication.store.live_id() == second


def test_the_bench_says_what_was_found_and_why(desk):
    found = desk.bench("Does TMS hurt most people?")
    assert found[0].title == "TMS"
    assert "by meaning" in found[0].why
    assert "It answers: 1.00 ≥ 0.70." in found[0].why
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)


def test_articles_due_for_review_come_most_urgent_first(desk, write, publication):
    soon, later = TODAY + timedelta(days=10), TODAY + timedelta(days=50)
    write("tms.md", TMS, title="TMS", review_by=later)
    write("ect.md", TMS.replace("TMS", "ECT"), title="ECT", review_by=soon)
    publish(replace(publication))
    assert [article.id for article in desk.due()] == ["ect", "tms"]


def test_a_new_article_is_a_draft_that_only_lacks_its_approval():
    """What the form hands out is what the gate asks for."""
    text = new_article('Sleep: "what" helps?', author="J. Roe", url="https://a.example/s")
    metadata, body, *_ = split_front_matter(text)
    assert metadata.values["title"] == 'Sleep: "what" helps?'
    with pytest.raises(NotAllowed, match="draft"):
        approval(metadata, "sleep", TODAY)
    agreed = {
        "status": "approved",
        "approved_by": "J. Roe",
        "approved_on": "2026-01-01",
        "review_by": "2027-06-01",
    }
    approved = replace(metadata, values={**metadata.values, **agreed})
    assert approval(approved, "sleep", TODAY).author == "J. Roe"
    assert "## References" in body


def test_file_names_are_plain_and_not_taken():
    assert file_name("¿Qué es TMS? / ../x") == "qu-es-tms-x.md"
    assert file_name("TMS", ["tms.md", "tms-2.md"]) == "tms-3.md"
    assert file_name("???") == "article.md"
