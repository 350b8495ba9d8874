"""Settings, and the files that people edit: mistakes are named in their words."""

from __future__ import annotations

import pytest

from assistant.settings import ROOT, PracticeFile, Settings, load_practice, load_settings
from assistant.types import SettingsError


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("ASSISTANT_QUESTIONS_PER_MINUTE", "7")
    monkeypatch.setenv("ASSISTANT_ALLOWED_ORIGINS", "https://a.example, https://b.example/")
    settings = load_settings()
    assert settings.questions_per_minute == 7
    assert settings.allowed_origins == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANSWERER", "magic"),
        ("MAX_QUESTION_CHARS", "many"),
        ("ALLOWED_ORIGINS", "https://a.example/path"),
        ("ALLOWED_ORIGINS", "*"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"ASSISTANT_{name}", value)
    with pytest.raises(SettingsError, match=f"ASSISTANT_{name}"):
        load_settings()


def test_the_practice_file_is_optional(tmp_path):
    assert load_practice(tmp_path).phone == ""


def test_a_change_of_the_practice_file_counts_at_once_and_a_slip_in_it_does_no_harm(tmp_path):
    """Nobody should call an old number until somebody restarts a server."""
    path = tmp_path / "practice.toml"
    path.write_text('phone = "555-0100"')
    practice = PracticeFile(tmp_path)
    path.write_text('phone = "555-0100-2"')
    assert practice.read().phone == "555-0100-2"
    path.write_text('phone = "unclosed')
    assert practice.read().phone == "555-0100-2"
    # Who starts with it has cards all the same.
    assert PracticeFile(tmp_path).read().phone == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('phoen = "1"', "phoen"),
        ('booking_url = "javascript:alert(1)"', "https://"),
        ('name = "unclosed', "practice.toml can't be read"),
        ("states = 5", "states"),
    ],
)
def test_a_mistake_in_the_practice_file_is_named(tmp_path, text, says):
    (tmp_path / "practice.toml").write_text(text)
    with pytest.raises(SettingsError, match=says):
        load_practice(tmp_path)


def test_every_setting_is_in_the_table_of_the_readme():
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"`ASSISTANT_{name.upper()}`" in table
