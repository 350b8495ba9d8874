"""The measuring itself: figures that are known by hand come out as computed by hand."""

from __future__ import annotations

import math

import pytest

from assistant.evaluation.answers import (
    LabelledQuestion,
    contains_right,
    evaluate_answers,
    evaluate_retrieval,
    ndcg,
    recall,
)
from assistant.evaluation.golden import GoldenQuestion, load_golden, run_golden, shortcoming
from assistant.evaluation.triage import Share, judge
from assistant.triage import Triager
from assistant.types import Answer, CorpusError, Triage
from tests.conftest import TODAY


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
    assert set(table) == {"dense", "lexical", "hybrid", "hybrid + reader"}


def test_triage_figures_by_hand():
    rows = [
        {"text": "I want to kill myself", "label": "crisis"},
        {"text": "What is ketamine?", "label": "crisis"},
        {"text": "What is TMS?", "label": "information"},
        {"turns": ["hello", "I want to die", "ok"], "expect": "urgent_by_end"},
        {"text": "I want to die", "expect": "not_urgent"},
    ]
    report = judge(rows, Triager(None))
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
