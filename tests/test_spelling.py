"""Slips of the finger are read as the word that the articles have; nothing else is changed."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from assistant.chunking import chunk_article
from assistant.corpus import load_corpus
from assistant.library import _names, _spelling
from assistant.models import english_words
from assistant.settings import ROOT
from assistant.text import Spelling

ARTICLES = [
    "Ketamine and lorazepam can make you sleepy. Antidepressants take weeks to work.",
    "Electroconvulsive therapy is given for depression. Some antidepressants cause nausea.",
]


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    return Spelling(ARTICLES, english_words())


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("how fast does ketamin work", "how fast does ketamine work"),
        ("Do antidepresants cause nasuea?", "Do antidepressants cause nausea?"),
        ("what is electroconvulsve therpy", "what is electroconvulsive therapy"),
    ],
)
def test_a_slip_is_read_as_the_word_of_the_articles(spelling, typed, read):
    assert spelling.mended(typed).text == read


@pytest.mark.parametrize(
    "question",
    [
        "Can my mother take ketamine?",
        "is an antidepressant a drug",  # another form of a written word
        "what about clonazepam and oxazepam",  # medicines that are not lorazepam
        "ects xyzzy 12345",
        "does wine make it worse",
        "",
    ],
)
def test_what_may_be_meant_as_typed_is_left_alone(spelling, question):
    assert spelling.mended(question).changes == ()
    assert spelling.mended(question).text == question


def test_what_was_changed_is_told(spelling):
    assert spelling.mended("Ketamin?").changes == (("Ketamin", "ketamine"),)


def test_of_two_equally_near_words_the_more_frequent_is_read():
    spelling = Spelling(["planner planter planter"], ())
    assert spelling.mended("planher").changes == (("planher", "planter"),)


# --- Spanish, by what our own articles say -------------------------------------------------------


@pytest.fixture(scope="module")
def spanish() -> Spelling:
    articles = load_corpus(ROOT / "corpus", date(2026, 11, 24)).articles
    chunks = {chunk.id: chunk for article in articles for chunk in chunk_article(article)}
    live = SimpleNamespace(articles={a.id: a for a in articles}, chunks=chunks)
    return _spelling(live, _names(live))["es"]


@pytest.mark.parametrize(
    "question",
    [
        "Mi madre no quiere comer, ¿qué hago?",
        "¿Sirve para el insomnio?",
        "Siempre falto al trabajo por la ansiedad",
        "Necesito ayuda con mis pastillas",
        "¿Es peligrosa la ketamina?",
        "¿Puedo recibirla en casa?",
        "¿Cuánto cuesta cada sesión?",
        "¿Qué función tiene la bobina?",
        "¿Cuál es el costo del tratamiento?",
        "¿Qué siente el cuerpo durante la infusión?",
        "¿Duele mucho la estimulación magnética?",
        "Me canso mucho y no duermo bien",
        "¿Puedo manejar después de la sesión?",
        "Mi hija adolescente está muy triste, ¿puede recibir ayuda?",
        "¿Cuántas evaluaciones hacen falta antes de empezar?",
        "¿Puedo descansar al terminar o tengo que volver a trabajar?",
        "¿Las inyecciones de ketamina engordan?",
        "¿Qué enfermedad tiene una persona que oye voces?",
        "¿Puedo contar con un intérprete que hable español?",
        "¿La mejoría es semanal o tarda meses?",
        "¿Es normal tener miedo antes de la primera consulta?",
        "¿Puedo tomar alcohol con los antidepresivos?",
        "¿Qué pasa si estoy embarazada o dando pecho?",
        "¿Hay tratamientos para la depresión resistente en ancianos?",
        "Mi marido bebe demasiado y grita",
        "¿El seguro cubre las sesiones de estimulación?",
        "¿Cómo se diagnostica la depresión?",
        "¿Puede una inflamación causar síntomas depresivos?",
        "Se me olvidan las palabras y me tiemblan las manos",
        "¿Es mejor la sertralina o la fluoxetina?",
        "Tengo mareos y náuseas al despertar",
        "¿Puedo presentar mi historial médico por correo?",
        "¿Sirve también para el dolor de espalda?",
        "No tengo ganas de hacer nada desde hace meses",
        "¿Me vigilarán mientras me la administran?",
        "¿Se puede combinar con Lexapro, insomnia y side effects?",
    ],
)
def test_spanish_that_is_spelt_right_is_left_alone(spanish, question):
    """Read as "comes", "insomnia" or "informacion" it would be another question."""
    assert spanish.mended(question).changes == ()


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("¿qué es la ketamna?", "¿qué es la ketamina?"),
        ("¿La ketamin es segura?", "¿La ketamina es segura?"),
        ("¿Cuánto dura el tratameinto?", "¿Cuánto dura el tratamiento?"),
        ("la estimulasion transcraneal", "la estimulacion transcraneal"),
        ("efectos secundarois", "efectos secundarios"),
        ("depresoin resistente", "depresion resistente"),
        ("¿qué dice el psiquatra?", "¿qué dice el psiquiatra?"),
        ("antidepresvos y alcohol", "antidepresivos y alcohol"),
        ("tengo anciedad", "tengo ansiedad"),
        ("medicametos", "medicamentos"),
        ("tengo insomino", "tengo insomnio"),  # of which an English article speaks
        ("¿y la sertralna?", "¿y la sertralina?"),
    ],
)
def test_a_spanish_slip_is_read_as_a_spanish_word(spanish, typed, read):
    assert spanish.mended(typed).text == read
