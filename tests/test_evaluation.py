"""The measuring itself: figures that are known by hand come out as computed by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from assistant.evaluation import report
from assistant.evaluation.answers import (
    LabelledQuestion,
    contains_right,
    evaluate_answers,
    evaluate_retrieval,
    load_questions,
    ndcg,
    noted_questions,
    recall,
)
from assistant.evaluation.golden import GoldenQuestion, load_golden, run_golden, shortcoming
from assistant.evaluation.rows import Row, json_lines
from assistant.evaluation.triage import Share, evaluate_triage, judge
from assistant.publishing import publish
from assistant.settings import Settings
from assistant.triage import Triager
from assistant.types import Answer, AssistantError, CorpusError, SettingsError, Triage
from tests.conftest import TODAY, assistant_for


def test_ndcg_by_hand():
    assert ndcg(["a", "b", "c"], {"a", "c"}, 10) == pytest.approx(
        (1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3))
    )
    assert ndcg(["x"], {"a"}, 10) == 0


def test_recall_by_hand():
    assert recall(["a", "x", "b"], {"a", "b", "c"}, 2) == 0.5


def test_wilsons_interval_by_hand():
    low, high = Share(hits=98, total=100).interval
    assert (round(low, 3), round(high, 3)) == (0.930, 0.994)


def test_a_right_piece_counts_whatever_the_spacing():
    assert contains_right("It works\nwithin hours.", ["works within"])
    assert not contains_right("It works.", ["within"])


def test_noted_questions_must_be_answered_by_their_own_sentence(publication):
    """One that gets a crisis card instead is told."""
    corpus = publication.settings.corpus
    (corpus / "questions").mkdir()
    (corpus / "questions" / "tms.md").write_text(
        "> A session of TMS lasts 20 to 40 minutes.\n\n- How long does a session of TMS last?\n"
        "> Some people get a headache\n\n- I want to kill myself\n"
    )
    publish(publication)
    report = evaluate_answers(live := assistant_for(publication), noted_questions(live))
    assert (report.answerable, report.answered_right) == (2, 1)
    assert "refused (safety, crisis): I want to kill myself" in report.misses[0]


def test_answers_are_counted(assistant):
    questions = [
        LabelledQuestion(
            id="1",
            question="How fast does ketamine ease depression?",
            answerable=True,
            right=("within hours",),
        ),
        LabelledQuestion(
            id="2",
            question="How fast does ketamine ease depression?",
            answerable=True,
            right=("never said",),
        ),
        LabelledQuestion(id="3", question="Does ketamine cure migraines?", answerable=False),
        LabelledQuestion(id="4", question="Who is king of cats?", answerable=True, right=("x",)),
    ]
    report = evaluate_answers(assistant, questions)
    assert (report.answerable, report.answered_right, report.refused) == (3, 1, 1)
    assert (report.unanswerable, report.answered_wrongly) == (1, 0)
    assert len(report.misses) == 2


def test_retrieval_is_measured_for_each_kind_of_search(assistant):
    question = LabelledQuestion(
        id="1", question="Does TMS hurt?", answerable=True, right=("tapping on the scalp",)
    )
    table = evaluate_retrieval(assistant, [question], today=TODAY)
    assert table["hybrid + reader"] == (1.0, 1.0)
    assert set(table) == {
        "dense",
        "lexical",
        "hybrid",
        "hybrid + noted questions",
        "hybrid + reader",
    }


class Unavailable:
    """An assistant whose every answer fails."""

    settings = Settings()

    def answerer(self):
        return self

    def ask(self, _message, _history=()):
        return Answer(kind="unavailable", triage=Triage(label="information"))


def test_a_failure_is_not_counted_as_a_refusal():
    """A chat model that is down would refuse everything, and so answer nothing wrongly."""
    question = LabelledQuestion(id="u1", question="Does it rain?", answerable=False)
    with pytest.raises(AssistantError, match="u1 .* could not be answered"):
        evaluate_answers(Unavailable(), [question])


# --- files of JSON lines -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{broken", "line 3 is not JSON"),
        (b"[1]", "line 3 is not a JSON object"),
        (b'{"text": "Qu\xe9"}', "line 3 is not UTF-8"),
    ],
)
def test_a_line_that_can_not_be_read_is_named(tmp_path, line, says):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"text": "one"}\n\n' + line)
    with pytest.raises(AssistantError, match=rf"in\.jsonl, {says}"):
        list(json_lines(path))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AssistantError, match=r"none\.jsonl can't be read: No such file"):
        list(json_lines(tmp_path / "none.jsonl"))


def test_marks_of_other_programs_do_not_break_lines(tmp_path):
    """Windows begins a file with a mark; a text may hold a separator that is no end of line."""
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "one\u2028two"}\r\n', encoding="utf-8-sig")
    assert list(json_lines(path)) == [{"text": "one\u2028two"}]


@pytest.mark.parametrize(
    ("read", "row", "says"),
    [
        (load_questions, '{"text": "What is TMS?", "label": "information"}', "has no 'id'"),
        (load_questions, '{"id": 1, "expect": "answer"}', "has no 'question'"),
        (load_questions, '{"id": 1, "question": "x", "expect": "urgent"}', "'expect': 'urgent'"),
        (
            load_questions,
            '{"id": 1, "message": "x", "expect": "answer", "turns": ["hi"]}',
            "has a 'turns' that is not understood",
        ),
        ("triage", '{"id": 1, "question": "x", "expect": "answer"}', "'expect': 'answer'"),
        ("triage", '{"text": "x", "label": "informaton"}', "'label': 'informaton'"),
        ("triage", '{"label": "crisis"}', "has no 'text'"),
        ("triage", '{"turns": [{"text": "x"}], "expect": "urgent"}', "messages that are not text"),
    ],
)
def test_a_row_of_another_kind_is_named_and_not_counted(tmp_path, read, row, says):
    path = tmp_path / "set.jsonl"
    path.write_text(f"\n{row}\n")
    with pytest.raises(AssistantError, match=rf"set\.jsonl, line 2 .*{says}"):
        evaluate_triage([path], Triager(None)) if read == "triage" else read(path)


def test_one_file_can_not_be_measured_as_everything(tmp_path, settings):
    with pytest.raises(AssistantError, match="different rows") as caught:
        report.run_report("all", [tmp_path / "a.jsonl"], data=tmp_path, settings=settings)
    assert "evaluate triage FILE" in caught.value.hint


@pytest.mark.parametrize("what", ["all", "retrieval", "answers"])
def test_without_a_publication_a_report_says_what_to_run(tmp_path, settings, what):
    with pytest.raises(AssistantError, match=r"python ingest\.py"):
        report.run_report(what, [], data=tmp_path, settings=settings)


def test_an_answerer_that_is_not_set_up_is_told_and_retrieval_does_not_need_it(
    assistant, publication, tmp_path, monkeypatch
):
    """Both ended in a TypeError and a stack trace."""
    path = tmp_path / "set.jsonl"
    path.write_text(
        '{"id": 1, "question": "Does TMS hurt?", "expect": "answer", "right": ["tapping"]}'
    )
    settings = publication.settings.model_copy(update={"answerer": "generative"})
    generative = assistant_for(replace(publication, settings=settings))
    monkeypatch.setattr(report, "load_assistant", lambda _settings: generative)
    report.run_report("retrieval", [path], data=tmp_path, settings=settings)
    with pytest.raises(SettingsError, match="ASSISTANT_CHAT_MODEL"):
        report.run_report("answers", [path], data=tmp_path, settings=settings)


def test_triage_figures_by_hand():
    rows = [
        {"text": "I want to kill myself", "label": "crisis"},
        {"text": "What is ketamine?", "label": "crisis"},
        {"text": "What is TMS?", "label": "information"},
        {"turns": ["hello", "I want to die", "ok"], "expect": "urgent_by_end"},
        {"text": "I want to die", "expect": "not_urgent"},
    ]
    report = judge(map(Row, rows), Triager(None))
    assert report.recall("crisis").value == 0.5
    assert report.precision("information").value == 0.5
    assert report.urgent_recall().hits == 1
    assert report.false_alarms().value == 0
    assert report.expectations["urgent_by_end"].hits == 1
    assert report.expectations["not_urgent"].hits == 0
    assert len(report.errors) == 2


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"kind": "safety"}, "expected safety, got answer"),
        ({"label": "crisis"}, "understood as crisis"),
        ({"article": "tms"}, "expected the article tms"),
        ({"must": ["never said"]}, "lacks “never said”"),
        ({"must_not": ["within hours"]}, "contains “within hours”"),
        ({"kind": "answer", "article": "ketamine", "must": ["within hours"]}, ""),
    ],
)
def test_a_golden_question_says_what_is_wrong(assistant, wanted, says):
    asked = "How fast does ketamine ease depression?"
    found = shortcoming(GoldenQuestion(ask=asked, **wanted), assistant.ask(asked))
    assert says in found
    assert bool(found) == bool(says)


@pytest.mark.parametrize(
    "text", ['[[questions]]\nask = "What is TMS?"\n', 'question = ["What is TMS?"]', "question = 1"]
)
def test_a_slip_in_golden_toml_does_not_let_everything_pass(tmp_path, text):
    path = tmp_path / "golden.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match="question") as caught:
        load_golden(path)
    assert "[[question]]" in caught.value.hint


def test_a_golden_question_about_an_article_that_is_not_there_says_so(assistant):
    """A file name instead of the id, and a withdrawn article, are not the answer's fault."""
    asked = "How fast does ketamine ease depression?"
    questions = [GoldenQuestion(ask=asked, article=name) for name in ("Ketamine.md", "ketamine")]
    slip, good = run_golden(assistant, questions)
    assert "no article has the id 'Ketamine.md'" in slip.reason
    assert good.passed


def test_a_golden_question_does_not_pass_where_nothing_was_answered():
    """A question with only a `must_not` would pass on every failure."""
    question = GoldenQuestion(ask="What is TMS?", must_not=["cure"])
    failed = Answer(kind="unavailable", triage=Triage(label="information"), text="Sorry.")
    assert "could not be answered" in shortcoming(question, failed)
