"""The content desk: nobody comes in without being let in, and it does what the command does."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from assistant import publishing
from assistant.corpus.gate import NotAllowed, approval, split_front_matter
from assistant.pages import desk as desk_page
from assistant.pages import editing, server
from assistant.pages.access import WRONG_A_MINUTE, Door, door, editor
from assistant.pages.editing import Desk, file_name, new_article, note
from assistant.publishing import publish
from assistant.settings import ROOT, Settings
from assistant.types import StoreMismatch, StoreUnwritable
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


# --- a click while a publication runs -----------------------------------------------------------


class Slowly:
    """Publishes as soon as it may, and tells all the while how far it is."""

    def __init__(self, publication) -> None:
        self.go, self.ended = Event(), Event()
        self.begun = 0
        self._with = publication

    def __call__(self, job):
        self.begun += 1
        try:
            while not self.go.wait(0.02):
                job.progress("embedding", 1, 2)
            models = {"embedder": self._with.embedder, "reader": self._with.reader}
            return publish(replace(job, **models, today=TODAY))
        finally:
            self.ended.set()


@pytest.fixture
def slowly(page, publication, write, monkeypatch):
    """A page on which a changed article waits for a publication that takes its time."""
    slow = Slowly(publication)
    monkeypatch.setattr(publishing, "publish", slow)
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    page.session_state.desk_open = True
    yield slow
    slow.go.set()


def click_and_interrupt(page: AppTest, key: str) -> None:
    """Clicks, and ends the script while it works: what a second click does to the first."""
    page.button(key=key).click()
    with pytest.raises(RuntimeError, match="timed out"):
        page.run(timeout=2)
    time.sleep(0.5)  # the script ends at its next call of Streamlit


def test_a_second_click_on_publish_does_not_undo_the_first(page, slowly, publication):
    """The first was cut off, and the second met its lock: nothing was published, nobody said so."""
    before = publication.store.live_id()
    page.session_state.section = "Publish"
    page.run()
    click_and_interrupt(page, "publish")
    assert not slowly.ended.is_set()
    slowly.go.set()
    page.button(key="publish").click().run()
    assert slowly.begun == 1
    assert [each.value.split(":")[0] for each in page.success] == ["Published"]
    assert not page.error
    assert publication.store.live_id() != before
    assert publication.store.audit() == []


def test_what_came_of_a_publication_is_told_to_whoever_comes_back_and_once(page, slowly):
    """Another section is a click, too."""
    page.session_state.section = "Publish"
    page.run()
    click_and_interrupt(page, "publish")
    page.session_state.section = "Live"
    page.run()
    assert not page.success
    slowly.go.set()
    assert slowly.ended.wait(30)
    page.session_state.section = "Publish"
    page.run()
    assert len(page.success) == 1
    page.run()
    assert not page.success


def test_a_second_click_on_try_it_does_not_cut_the_rehearsal_off(page, slowly, publication):
    (publication.settings.corpus / "golden.toml").write_text('[[question]]\nask = "Hello"\n')
    page.session_state.section = "Changes"
    page.run()
    click_and_interrupt(page, "try")
    slowly.go.set()
    page.button(key="try").click().run()
    assert slowly.begun == 1
    assert "No answer to a golden question changes." in [each.value for each in page.info]
    assert not page.error


def test_a_publication_that_fails_says_why_and_can_be_tried_again(page, publication, monkeypatch):
    tried = []

    def fails(job):
        tried.append(job)
        raise StoreUnwritable("The disk is full.")

    monkeypatch.setattr(publishing, "publish", fails)
    page.session_state.desk_open = True
    page.session_state.section = "Publish"
    page.run()
    for _ in range(2):
        page.button(key="publish").click().run()
        assert "The disk is full" in page.error[0].value
    assert len(tried) == 2


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
    found = {difference.id: difference for difference in desk.changes()[1]}
    assert {key: d.verb for key, d in found.items()} == {
        "ketamine": "removed",
        "new": "added",
        "tms": "changed",
    }
    changed = [line for line in found["tms"].lines if line[0] in "+-"]
    assert [line[0] for line in changed] == ["-", "+"]
    assert "knocking" in changed[1]


def test_changes_are_those_that_publishing_makes(desk, write):
    """The linter refuses this article, so publishing takes it off the site: it was "changed"."""
    write("tms.md", TMS + "\nCall the lifeline at 1-800-273-8255 at any hour.\n", title="TMS")
    report, differences = desk.changes()
    assert report.rejected[0].path == "articles/tms.md"
    assert [(each.id, each.verb) for each in differences] == [("tms", "removed")]
    assert report.removed == desk.publish(quiet).removed == ("tms",)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", "Magnets"),
        ("url", "https://practice.example/tms"),
        ("approved_by", "B. Reviewer"),
        ("review_by", "2027-05-01"),
        ("sample", "true"),
    ],
)
def test_a_change_of_front_matter_is_shown(desk, write, key, value):
    write("tms.md", TMS, **{"title": "TMS", key: value})
    [difference] = desk.changes()[1]
    assert f"+{key}: {value}".casefold() in [line.casefold() for line in difference.lines]
    assert all(line.lstrip("+-").startswith(f"{key}: ") for line in difference.lines)


def test_front_matter_stands_above_the_body_and_both_are_shown(desk, write):
    write("tms.md", TMS.replace("tapping", "knocking"), title="Magnets")
    [difference] = desk.changes()[1]
    assert difference.lines[:2] == ("-title: TMS", "+title: Magnets")
    assert any("knocking" in line for line in difference.lines[2:])


def test_a_change_of_references_alone_is_shown(desk, corpus):
    """The bibliography knows more of a publication now; the article itself is as it was."""
    (corpus / "references.bib").write_text(
        "@article{zarate2006, author = {Zarate, C. A.}, title = {A new title}, year = {2006}, "
        "doi = {10.1001/archpsyc.63.8.856}}"
    )
    [difference] = desk.changes()[1]
    assert [line[:12] for line in difference.lines] == ["-reference: ", "+reference: "]
    assert "A new title" in difference.lines[1]


def test_a_change_that_is_shown_nowhere_is_told(desk, write):
    write("tms.md", TMS, title="TMS", mood="calm")
    [difference] = desk.changes()[1]
    assert difference.lines == (
        "Only something in its front matter that is shown nowhere has changed.",
    )


def test_publishing_and_rolling_back_are_recorded_with_a_name(desk, write, publication):
    first = publication.store.live_id()
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    assert desk.publish(quiet).activated
    assert desk.roll_back(first).id == first
    assert [(entry.how, entry.by) for entry, _ in desk.history()][:2] == [
        ("rolled back", "ann@example.org"),
        ("published", "ann@example.org"),
    ]


def test_what_going_back_would_change_is_told_before(desk, write, publication):
    """An article taken off the site since would be live again, which must be seen."""
    first = publication.store.live_id()
    write("tms.md", TMS, title="TMS", status="retired")
    assert desk.publish(quiet, skip_golden=True).activated
    told = desk.roll_back(first, trial=True)
    assert told.back == ("tms",)
    assert "tms" in told.unfit
    assert publication.store.live_id() != first


def test_whoever_brings_back_what_was_withdrawn_must_say_so(page, write, publication, monkeypatch):
    """A single click in a hurry must not make words live that a clinician took off the site."""
    monkeypatch.setattr(editing, "embedder_set", lambda _: publication.embedder.fingerprint)
    first = publication.store.live_id()
    write("tms.md", TMS, title="TMS", status="retired")
    publish(publication)
    page.session_state.desk_open = True
    page.session_state.section = "History"
    page.run()
    assert page.button(key="rollback").disabled
    page.checkbox(key=f"withdrawn-{first}").check().run()
    page.button(key="rollback").click().run()
    assert publication.store.live_id() == first


def test_a_second_click_on_going_back_goes_to_the_same_place(desk, write, publication):
    first = publication.store.live_id()
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    assert desk.publish(quiet).activated
    desk_page.go_back(desk, first)
    desk_page.go_back(desk, first)
    assert publication.store.live_id() == first


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


def test_the_bench_names_the_noted_question_that_led_to_a_passage(desk, publication):
    questions = publication.settings.corpus / "questions"
    questions.mkdir()
    said = "A session of TMS lasts 20 to 40 minutes."
    (questions / "tms.md").write_text(f"> {said}\n\n- How much time must one set aside?\n")
    [difference] = desk.changes()[1]
    assert f"+question: How much time must one set aside? → {said}" in difference.lines
    assert desk.publish(quiet).activated
    best = desk.bench("How much time must I set aside?")[0]
    assert "by the noted question “How much time must one set aside?”" in best.why
    assert best.score == 1.0


def test_the_note_that_the_bench_hands_out_is_what_the_corpus_reads(desk, publication):
    """Only the sentence is to be put in."""
    questions = publication.settings.corpus / "questions"
    questions.mkdir()
    text = note(" how long tms ")
    (questions / "tms.md").write_text(text)
    [warning] = [w for w in desk.check().warnings if w.startswith("questions/")]
    assert "word by word)” is no sentence of articles/tms.md" in warning
    placeholder = text.splitlines()[0].removeprefix("> ")
    said = "A session of TMS lasts 20 to 40 minutes."
    (questions / "tms.md").write_text(text.replace(placeholder, said))
    report = desk.check()
    assert report.changed == ("tms",)
    assert not [w for w in report.warnings if w.startswith("questions/")]


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
