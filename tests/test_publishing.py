"""Publishing: nothing is embedded twice, and what fails never goes live."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.publishing import check, publish, rollback
from assistant.store import open_store
from assistant.types import CorpusError, SettingsError, StoreMissing
from tests.conftest import KETAMINE, TMS, TODAY, assistant_for
from tests.fakes import WordEmbedder


def golden(corpus, *questions: str) -> None:
    (corpus / "golden.toml").write_text("\n".join(f"[[question]]\n{q}" for q in questions))


def test_the_first_publication_adds_everything(publication):
    report = publish(publication)
    assert (report.added, report.activated) == (("ketamine", "tms"), True)
    assert report.embedded == report.generation.chunk_count


def test_an_unchanged_corpus_embeds_nothing_and_changes_nothing(publication):
    first = publish(publication)
    embedder = WordEmbedder()
    again = publish(replace(publication, embedder=embedder))
    assert (again.activated, again.generation, embedder.embedded) == (False, first.generation, [])


def test_only_what_changed_is_embedded_again(publication, write):
    publish(publication)
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    embedder = WordEmbedder()
    report = publish(replace(publication, embedder=embedder))
    assert (report.changed, report.unchanged) == (("tms",), ("ketamine",))
    assert len(embedder.embedded) == report.embedded == 1
    assert "knocking" in embedder.embedded[0]


def test_another_embedder_embeds_everything_again(publication):
    publish(publication)
    report = publish(replace(publication, embedder=WordEmbedder("other")))
    assert report.activated
    assert report.embedded == report.generation.chunk_count


def test_a_withdrawn_article_leaves_with_the_next_publication(publication, write):
    publish(publication)
    write("tms.md", TMS, title="TMS", status="retired")
    report = publish(publication)
    assert report.removed == ("tms",)
    assert "tms" not in publication.store.live().articles


def test_where_nothing_may_go_live_an_editor_is_told_what_to_mend(publication, write, corpus):
    """At once: the report that would list it is not printed then."""
    publish(publication)
    write("tms.md", TMS, title="TMS", status="retired")
    (corpus / "articles" / "ketamine.md").write_text(f"---\ntitle: Ketamine\n---\n\n{KETAMINE}")
    with pytest.raises(CorpusError, match="articles/ketamine.md, line 2: `status` is missing"):
        publish(publication)


def test_a_deleted_file_leaves_with_the_next_publication(publication, corpus):
    publish(publication)
    (corpus / "articles" / "tms.md").unlink()
    publish(publication)
    assert not [c for c in publication.store.live().chunks if c.startswith("tms#")]


def test_an_empty_corpus_publishes_nothing_and_loses_nothing(publication, corpus):
    before = publish(publication).generation
    for path in (corpus / "articles").iterdir():
        path.unlink()
    with pytest.raises(CorpusError, match="no articles"):
        publish(publication)
    assert publication.store.live().generation == before


def test_an_empty_corpus_says_what_stays_live_and_how_to_take_it_off(publication, corpus):
    publish(publication)
    (corpus / "articles" / "ketamine.md").unlink()
    (corpus / "articles" / "tms.md").write_text("no front matter")
    with pytest.raises(CorpusError, match=r"articles/tms\.md.*status: retired"):
        publish(publication)
    assert check(publication.settings, publication.store, TODAY).obstacle


def test_the_last_article_can_be_retired(publication, write):
    """Its clinician has withdrawn it: it must not answer any more, though nothing else is there."""
    publish(publication)
    write("ketamine.md", KETAMINE, title="Ketamine", status="retired")
    write("tms.md", TMS, title="TMS", status="retired")
    assert check(publication.settings, publication.store, TODAY).obstacle == ""
    report = publish(publication)
    assert (report.activated, report.removed) == (True, ("ketamine", "tms"))
    assert publication.store.live().articles == {}
    assert publication.store.audit() == []
    assistant = assistant_for(publication)
    assert assistant.ask("How fast does ketamine work?").kind == "no_answer"
    assert assistant.health().reason == "empty"
    assert assistant.starters("en") == ()
    assert not publish(publication).activated  # there is nothing more to do

    write("tms.md", TMS, title="TMS")
    assert publish(publication).added == ("tms",)


def test_the_last_article_is_retired_under_another_file_name_too(publication, corpus, write):
    """It is known by its id, which stays."""
    (corpus / "articles" / "tms.md").unlink()
    publish(publication)
    (corpus / "articles" / "ketamine.md").unlink()
    write("renamed.md", KETAMINE, title="Ketamine", id="ketamine", status="retired")
    report = publish(publication)
    assert (report.activated, report.removed) == (True, ("ketamine",))


def test_an_article_that_is_no_longer_approved_is_not_taken_for_retired(publication, write):
    publish(publication)
    write("ketamine.md", KETAMINE, title="Ketamine", status="retired")
    write("tms.md", TMS, title="TMS", status="draft")
    with pytest.raises(CorpusError) as refused:
        publish(publication)
    told = str(refused.value)
    assert "Still live: articles/ketamine.md, articles/tms.md. " in told
    assert "it is missing in articles/tms.md" in told
    assert len(publication.store.live().articles) == 2


def test_a_folder_that_cannot_be_read_takes_no_article_off_the_site(
    publication, write, monkeypatch
):
    """Its articles would look deleted. (The tests may run as root, whom no permission stops.)"""
    write("more/sleep.md", f"{TMS}\nAnd sleep.", title="Sleep")
    before = publish(publication).generation
    scan = os.scandir

    def locked(path):
        if str(path).endswith("more"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", locked)
    with pytest.raises(CorpusError, match=r"articles/more can't be read: Permission denied"):
        publish(publication)
    assert publication.store.live().generation == before


def test_the_corpus_is_read_under_the_lock(publication, write):
    """Read before, it would put an old text over what a colleague published while it waited."""

    class Busy:
        """A store whose lock is handed over only after a colleague has corrected an article."""

        def __getattr__(self, name):
            return getattr(publication.store, name)

        def lock(self):
            write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
            return publication.store.lock()

    publish(replace(publication, store=Busy()))
    assert "knocking" in publication.store.live().articles["tms"].body


def test_a_draft_is_no_complaint_and_a_refused_file_is_one(publication, write):
    """What a strict publication does, --check says beforehand: both ask the report."""
    write("draft.md", TMS, title="Draft", status="draft")
    write("old.md", TMS, title="Old", status="retired")
    (publication.settings.corpus / "articles" / "beside.txt").write_text(TMS)
    (publication.settings.corpus / "articles" / "beside.meta.yaml").write_text("status: retired")
    settled = check(publication.settings, publication.store, TODAY)
    assert (len(settled.rejected), settled.refused) == (3, ())
    assert settled.complaints == tuple(f for f in settled.findings if f.severity == "warning")

    write("bad.md", TMS, title="Bad", approved_by=None)
    report = check(publication.settings, publication.store, TODAY)
    assert [refused.path for refused in report.refused] == ["articles/bad.md"]
    assert set(report.refused) <= set(report.complaints)
    assert not publish(replace(publication, strict=True)).activated


def test_a_failed_golden_question_keeps_the_old_generation_live(publication, corpus, write):
    before = publish(publication).generation
    golden(corpus, 'ask = "Does TMS hurt?"\nkind = "answer"\nmust = ["no pain at all"]')
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    report = publish(publication)
    assert (report.activated, [r.passed for r in report.golden]) == (False, [False])
    assert "no pain at all" in report.golden[0].reason
    assert publication.store.live().generation == before
    assert len(publication.store.generations()) == 1


def test_golden_questions_show_what_changes(publication, corpus, write):
    golden(corpus, 'ask = "What do people feel on the scalp?"\nkind = "answer"')
    publish(publication)
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    [result] = publish(publication).golden
    assert "tapping" in result.before
    assert "knocking" in result.after


def test_golden_questions_can_be_overridden_and_that_is_recorded(publication, corpus):
    golden(corpus, 'ask = "Does TMS hurt?"\nkind = "small_talk"')
    report = publish(replace(publication, skip_golden=True))
    assert report.activated
    assert publication.store.manifests()[0]["notes"]["golden"] == "skipped"
    assert publication.store.history()[0].overridden == ("Does TMS hurt?",)


PASSES = 'ask = "What do people feel on the scalp?"\nkind = "answer"'


def about_tms(phrase: str) -> str:
    return f'ask = "What do people feel on the scalp?"\narticle = "tms"\nmust = ["{phrase}"]'


@pytest.mark.parametrize("status", ["retired", "draft"])
def test_an_article_is_withdrawn_although_a_golden_question_asks_for_it(
    publication, corpus, write, status
):
    """What somebody takes off the site in a hurry must not stay there because it was important."""
    golden(corpus, about_tms("tapping"), 'ask = "Hello"\nkind = "small_talk"')
    publish(publication)
    write("tms.md", TMS, title="TMS", status=status)
    told = f"“What do people feel on the scalp?” is not tried: tms is {status}"
    assert any(told in w for w in check(publication.settings, publication.store, TODAY).warnings)
    report = publish(publication)
    assert (report.activated, report.removed) == (True, ("tms",))
    assert [result.question for result in report.golden] == ["Hello"]
    assert any(told in warning for warning in report.warnings)


def test_an_article_whose_file_is_gone_stays_until_its_golden_question_goes(publication, corpus):
    """A file may be deleted by mistake; that it is still live is said."""
    golden(corpus, about_tms("tapping"))
    publish(publication)
    (corpus / "articles" / "tms.md").unlink()
    report = publish(publication)
    assert (report.activated, report.removed) == (False, ("tms",))
    assert "remove this question if the article was withdrawn" in report.golden[0].reason
    assert "tms" in publication.store.live().articles


@pytest.mark.parametrize("loss", ["gone", "renamed", "empty"])
def test_golden_questions_that_are_gone_stop_the_publication(publication, corpus, write, loss):
    """A gate that is not there lets everything pass: it must have been taken away on purpose."""
    golden(corpus, PASSES)
    before = publish(publication).generation
    path = corpus / "golden.toml"
    if loss == "empty":
        path.write_text("# none\n")
    elif loss == "renamed":
        path.rename(corpus / "Golden.tml")
    else:
        path.unlink()
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    assert "tried on 1 golden question, and now" in (
        check(publication.settings, publication.store, TODAY).obstacle
    )
    with pytest.raises(CorpusError, match=r"golden\.toml.*--skip-golden"):
        publish(publication)
    assert publication.store.live().generation == before

    allowed = replace(publication, skip_golden=True)
    assert check(publication.settings, publication.store, TODAY, skip_golden=True).obstacle == ""
    assert publish(allowed).activated
    write("tms.md", TMS, title="TMS")
    assert publish(publication).activated  # it was decided once


def test_a_rollback_does_not_hide_that_golden_questions_are_gone(publication, corpus, write):
    """It is tried on none itself."""
    golden(corpus, PASSES)
    publish(publication)
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    publish(publication)
    rollback(publication.store)
    (corpus / "golden.toml").unlink()
    with pytest.raises(CorpusError, match="golden question"):
        publish(publication)


def test_a_corpus_that_never_had_golden_questions_is_warned_of(publication, corpus):
    assert any("No golden questions were tried" in w for w in publish(publication).warnings)
    golden(corpus, PASSES)
    assert check(publication.settings, publication.store, TODAY).warnings == ()


def test_articles_without_a_folder_are_published_and_what_is_missing_is_said(publication, corpus):
    """`--corpus corpus/articles`, where `corpus` was meant: all that stands beside is not found."""
    golden(corpus, PASSES)
    publish(publication)
    below = publication.settings.model_copy(update={"corpus": corpus / "articles"})
    [finding] = check(below, publication.store, TODAY, skip_golden=True).complaints
    assert "it has no articles/" in finding.message
    assert "golden.toml" in finding.message
    with pytest.raises(CorpusError, match="tried on 1 golden question"):
        publish(replace(publication, settings=below))

    golden(corpus / "articles", PASSES)
    assert check(below, publication.store, TODAY).complaints == ()
    assert check(below, publication.store, TODAY).unchanged == ("ketamine", "tms")


def test_text_edited_after_its_approval_is_remarked_and_stops_a_strict_publication(
    publication, write
):
    before = publish(publication).generation
    path = write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    [finding] = check(publication.settings, publication.store, TODAY).complaints
    assert "changed since it was approved on 2026-01-01" in finding.message
    assert path.read_text().splitlines()[finding.line - 1].startswith("approved_on")
    assert not publish(replace(publication, strict=True)).activated
    assert publication.store.live().generation == before


@pytest.mark.parametrize("again", [{"approved_on": "2026-02-02"}, {"approved_by": "B. Reviewer"}])
def test_text_that_was_approved_again_is_not_remarked(publication, write, again):
    publish(publication)
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS", **again)
    assert check(publication.settings, publication.store, TODAY).complaints == ()


def test_a_new_review_date_alone_is_not_remarked(publication, write):
    publish(publication)
    write("tms.md", TMS, title="TMS", review_by="2027-07-01")
    report = check(publication.settings, publication.store, TODAY)
    assert (report.changed, report.complaints) == (("tms",), ())


# --- records that can't be read ----------------------------------------------------------------


def test_a_damaged_diary_is_set_aside_and_keeps_nothing_from_going_live(publication, write):
    first = publish(publication).generation.id
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    second = publish(publication).generation.id
    folder = Path(publication.settings.store)
    (folder / "diary.json").write_text("[1")
    write("tms.md", TMS.replace("tapping", "pushing"), title="TMS")
    third = publish(publication).generation.id
    assert [entry.generation_id for entry in publication.store.history()] == [third, second]

    (folder / "diary.json").write_text("[2")
    with pytest.raises(StoreMissing, match=r"diary.*--rollback ID"):
        rollback(publication.store)
    assert rollback(publication.store, first).id == first
    assert [entry.generation_id for entry in publication.store.history()] == [first, third]
    assert (folder / "diary.json.damaged").read_text() == "[1"
    assert (folder / "diary.json.damaged2").read_text() == "[2"


def test_damaged_records_do_not_open_the_golden_gate(publication, corpus, write):
    golden(corpus, PASSES)
    publish(publication)
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    publish(publication)
    rollback(publication.store)
    (corpus / "golden.toml").unlink()
    (Path(publication.settings.store) / "diary.json").write_text("[")
    with pytest.raises(CorpusError, match="Nobody can tell whether"):
        publish(publication)
    assert publish(replace(publication, skip_golden=True)).activated


def test_a_damaged_pointer_is_cured_by_naming_a_publication(publication, write):
    """Which was live is unknown, and so is which was before it: a guess could be the bad one."""
    first = publish(publication).generation.id
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    second = publish(publication).generation.id
    (Path(publication.settings.store) / "live").write_bytes(b"\xff\x00")
    with pytest.raises(StoreMissing, match=f"--rollback ID.*{second}, {first}"):
        rollback(publication.store)
    assert rollback(publication.store, first).id == first
    assert open_store(publication.settings.store).live_id() == first


def test_a_damaged_pointer_does_not_hide_why_golden_questions_failed(publication, corpus):
    publish(publication)
    golden(corpus, 'ask = "Does TMS hurt?"\nkind = "small_talk"')
    (Path(publication.settings.store) / "live").write_bytes(b"\xff\x00")
    report = publish(publication)
    assert (report.activated, report.failed) == (False, ("Does TMS hurt?",))
    assert len(publication.store.generations()) == 1


def test_a_mistake_in_golden_toml_names_the_question(publication, corpus):
    golden(corpus, 'ask = "Does TMS hurt?"\nkindd = "answer"')
    with pytest.raises(CorpusError, match="question 1 .*kindd"):
        publish(publication)


def test_a_mistake_in_practice_toml_stops_the_publication(publication, corpus):
    (corpus / "practice.toml").write_text('phoen = "1"')
    with pytest.raises(SettingsError, match="phoen"):
        publish(publication)


def test_a_failure_while_embedding_leaves_the_store_as_it_was(publication, write):
    class Breaks(WordEmbedder):
        def embed_documents(self, texts):
            raise MemoryError

    before = publish(publication).generation
    write("tms.md", TMS.replace("tapping", "knocking"), title="TMS")
    with pytest.raises(MemoryError):
        publish(replace(publication, embedder=Breaks()))
    assert publication.store.live().generation == before
    assert publication.store.audit() == []


def test_check_writes_nothing(publication, settings):
    report = check(settings, publication.store, TODAY)
    assert report.added == ("ketamine", "tms")
    with pytest.raises(StoreMissing):
        open_store(settings.store).live()


def test_progress_is_told(publication):
    told: list[tuple[str, int, int]] = []
    publish(replace(publication, progress=lambda *step: told.append(step)))
    assert told[0][0] == "embedding"
    assert told[-1][1] <= told[-1][2]


def test_a_damaged_live_generation_is_replaced_by_a_fresh_publication(publication, settings):
    first = publish(publication).generation
    [folder] = (Path(settings.store) / "generations").iterdir()
    (folder / "articles.json").write_text("[]")
    fresh = replace(publication, store=open_store(settings.store))
    report = publish(fresh)
    assert report.activated
    assert report.generation.id != first.id
    assert len(open_store(settings.store).live().articles) == 2


def test_references_are_published_with_their_article(publication, write):
    write("ketamine.md", KETAMINE, title="Ketamine")
    publish(publication)
    chunks = publication.store.live().chunks
    assert any("Zarate, C. A. (2006)" in chunk.text for chunk in chunks.values())
