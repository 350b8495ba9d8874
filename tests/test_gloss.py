"""Spanish in rough English, for models that read English alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.models import load_reader
from assistant.models.english import in_english
from assistant.models.reader import as_read
from assistant.publishing import publish
from assistant.settings import DATA, Settings
from assistant.text import Glossary
from tests.conftest import assistant_for

GLOSSARY = Glossary(
    {
        "ataque de pánico": "panic attack",
        "ataque": "attack",
        "dura": "lasts",
        "cuánto": "how much",
        "cuánto dura": "how long does last",
        "no": "not",
        "se": "",
        "de": "of",
        "sesiones": "sessions",
    }
)


@pytest.mark.parametrize(
    ("spanish", "english"),
    [
        ("¿Cuánto dura un ataque de pánico?", "how long does last un panic attack?"),
        ("cuanto dura un ataque de panico", "how long does last un panic attack"),  # as typed
        ("Un ataque, de 20 a 40", "Un attack, of 20 a 40"),  # no expression across a comma
        ("No dura", "not lasts"),
        ("Una sesión de EMT", "Una sessions of EMT"),  # by its stem
        ("Se pasa: Zoloft (50 mg)", " pasa: Zoloft (50 mg)"),
        ("", ""),
    ],
)
def test_what_is_known_becomes_english_and_the_rest_stays(spanish, english):
    assert GLOSSARY.glossed(spanish) == english


def test_a_name_is_no_form_of_another_word():
    """ "Narcan" would be read as "drug trafficker", and a sentence on anything could answer."""
    entries = {"narco": "drug trafficker", "es": "is"}
    assert Glossary(entries, {"narcan"}).glossed("es Narcan") == "is Narcan"
    assert in_english("¿Es seguro el Narcan?", "es").endswith("Narcan?")


def test_every_line_of_the_list_is_an_entry_and_none_comes_twice():
    lines = (DATA / "glossary_es.tsv").read_text(encoding="utf-8").splitlines()
    entries = [line.split("\t") for line in lines]
    assert {len(entry) for entry in entries} == {2}
    forms = [spanish for spanish, _ in entries]
    assert len(set(forms)) == len(forms)
    assert forms == [form.strip().lower() for form in forms]


def test_what_is_denied_stays_denied():
    """The one word that must not be lost."""
    glossary = Glossary.read(DATA / "glossary_es.tsv")
    for denial in ("no", "nunca", "tampoco", "sin", "ni", "jamás", "nadie", "nada"):
        assert glossary.glossed(denial) not in ("", denial)
    assert glossary.glossed("La EMT no duele").split()[-2] == "not"


@pytest.mark.parametrize(
    ("title", "question", "answering", "beside"),
    [
        (
            "Ketamina",
            "¿Se puede conducir después de la ketamina?",
            "Nadie debe conducir hasta la mañana siguiente a una sesión de ketamina.",
            "La ketamina se da por una vena del brazo durante unos 40 minutos.",
        ),
        (
            "EMT",
            "¿Cuántas sesiones de EMT hacen falta?",
            "Un tratamiento de EMT suele tener de 20 a 36 sesiones.",
            "Las sesiones de EMT se hacen en una silla cómoda.",
        ),
        (
            "Esketamina",
            "efectos secundarios de la esketamina",
            "La esketamina puede causar mareo, náuseas y somnolencia durante unas horas.",
            "La esketamina se aprobó en 2019 para la depresión.",
        ),
        (
            "Evaluación",
            "¿Puedo venir con mi esposa a la evaluación?",
            "A la evaluación puede acompañarlo un familiar si usted quiere.",
            "La evaluación dura cerca de una hora.",
        ),
    ],
)
def test_a_spanish_sentence_that_answers_is_told_from_one_on_the_same_thing(
    title, question, answering, beside
):
    """As they stand, the right one would not be shown, or the wrong one in its place."""
    reader = load_reader(Settings())
    right, wrong = reader.score(question, [f"{title}:\n{answering}", f"{title}:\n{beside}"])
    assert right >= reader.threshold
    assert wrong < 0.2


def test_the_language_of_a_conversation_is_that_of_a_question_without_any():
    """Else "prozac engorda" would be read as English beside English sentences."""
    assert as_read("prozac engorda", ["It may add weight."])[0] == "prozac engorda"
    assert as_read("prozac engorda", ["It may add weight."], "es")[0] != "prozac engorda"


def test_a_question_that_does_not_tell_its_language_is_read_in_that_of_the_texts():
    told, _ = as_read("ketamina vejiga", ["La ketamina puede inflamar la vejiga."])
    assert told == "ketamine bladder"
    assert as_read("bladder", ["La vejiga se inflama."])[0] == "bladder"


def test_a_spanish_question_finds_an_english_article_where_no_spanish_one_answers(
    publication, write
):
    """No word is the same in both languages."""
    risks = "Ketamine can damage the bladder when it is used often. " + "More words. " * 12
    write("risks.md", risks, title="Ketamine")
    publish(publication)
    reader = load_reader(Settings())  # the stand-in does not know any Spanish
    assistant = assistant_for(replace(publication, reader=reader))
    answer = assistant.ask("¿La ketamina puede dañar la vejiga?")
    assert [excerpt.text[:12] for excerpt in answer.excerpts] == ["Ketamine can"]
    assert "inglés" in answer.note
    assert not assistant.ask("¿La ketamina puede dañar el hígado?").excerpts
