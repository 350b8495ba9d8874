"""A sentence that a model wrote is shown only if the quotation says the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.generative import checked
from assistant.grounding import negations, supported
from tests.test_answering import citation

TRIAL = (
    "In a small randomized trial, a single infusion of ketamine improved symptoms of depression "
    "within two hours, and the effect often faded within a week."
)
FAST = (
    "Ketamine can work within hours to days, which is fast. The usual antidepressant medicines "
    "often need several weeks, or even longer, to reach their full effect. Zarate et al. (2006) "
    "found that a single infusion of ketamine eased depression more than placebo within two hours."
)
APPROVED = (
    "The FDA approved esketamine in 2019 for adults with treatment-resistant depression, to be "
    "used together with an antidepressant taken by mouth."
)
SPRAY = (
    "Esketamine, a nasal spray made from one part of ketamine, does have FDA approval for some "
    "adults with depression."
)
LABEL = (
    "Esketamine is approved by the FDA for depression, while ketamine is used for depression "
    "off-label."
)
MISUSE = (
    "Heavy or long-term misuse of ketamine has been linked with bladder damage, liver problems, "
    "and trouble with memory."
)
STUDIES = (
    "Studies show that ketamine can ease depression in the short term, but most of the studies "
    "were small."
)
NMDA = (
    "Ketamine blocks the NMDA receptor, a docking site on nerve cells for a brain messenger "
    "called glutamate. Blocking the NMDA receptor is thought to raise a growth protein called "
    "BDNF, short for brain-derived neurotrophic factor."
)
RARE = "In rare cases, ketamine can slow breathing or cause serious heart problems."
FIT = (
    "Ketamine may not suit people with high blood pressure that is not under control or with some "
    "kinds of heart disease."
)
PREGNANT = (
    "Esketamine is not recommended during pregnancy, because it may harm the baby. Esketamine is "
    "not approved for children or teenagers."
)
ECT = (
    "ECT is a treatment in which a short, controlled electrical current causes a brief seizure in "
    "the brain while the person is asleep."
)
SIDE = (
    "Common side effects of ECT are headache, sore muscles, nausea, and confusion for a short "
    "time after waking. Memory problems are the side effect of ECT that worries people most."
)
COMPARED = "ECT works better than ketamine for severe depression (Anand et al., 2023)."
LITHIUM = "People who take lithium need regular blood tests. Lithium can prevent suicide."
WATCH = (
    "Staff watch three things after ketamine:\n\n- blood pressure\n- breathing\n"
    "- how awake the person is"
)
RULES = "Without asking a doctor, people should not:\n\n- Stop the medicine.\n- Drink alcohol."
MYTH = "Ketamine cures depression for good. This is a myth."
RAPIDA = (
    "La ketamina puede aliviar la depresión en horas o días, lo que es rápido. En un estudio, una "
    "sola infusión de ketamina alivió la depresión más que un placebo en menos de dos horas "
    "(Zarate et al., 2006), y el efecto suele perderse en unos días."
)
SEGURA = (
    "La ketamina solo debe darla un profesional con formación. La ketamina tampoco es segura para "
    "personas con psicosis. La ketamina no le sirve a todo el mundo."
)
PLAZO = "La ketamina alivia, a corto plazo, la depresión de algunas personas."

SHOWN = [
    (TRIAL, TRIAL),
    ("A single infusion of ketamine improved symptoms of depression within two hours.", TRIAL),
    ("The effect often faded within a week.", TRIAL),
    (
        "In a small randomized trial, a single infusion of ketamine improved symptoms of "
        "depression within two hours.",
        TRIAL,
    ),
    ("Ketamine can work within hours to days.", FAST),
    (
        "The usual antidepressant medicines often need several weeks, or even longer, to reach "
        "their full effect.",
        FAST,
    ),
    (
        "Zarate et al. found that a single infusion of ketamine eased depression more than placebo "
        "within two hours.",
        FAST,
    ),
    ("Esketamine does have FDA approval for some adults with depression.", SPRAY),
    (APPROVED, APPROVED),
    (LABEL, LABEL),
    (MISUSE, MISUSE),
    ("Ketamine blocks the NMDA receptor.", NMDA),
    (
        "Blocking the NMDA receptor is thought to raise a growth protein called BDNF, short for "
        "brain-derived neurotrophic factor.",
        NMDA,
    ),
    (RARE, RARE),
    ("Esketamine is not approved for children or teenagers.", PREGNANT),
    ("Esketamine is not recommended during pregnancy.", PREGNANT),
    ("Memory problems are the side effect of ECT that worries people most.", SIDE),
    ("ECT works better than ketamine for severe depression.", COMPARED),
    (
        "Staff watch three things after ketamine: blood pressure, breathing, how awake the person "
        "is.",
        WATCH,
    ),
    ("La ketamina puede aliviar la depresión en horas o días.", RAPIDA),
    (
        "Una sola infusión de ketamina alivió la depresión más que un placebo en menos de dos "
        "horas.",
        RAPIDA,
    ),
    ("La ketamina no le sirve a todo el mundo.", SEGURA),
    ("La ketamina tampoco es segura para personas con psicosis.", SEGURA),
]

# True, and still not shown: their like in LIES is cut or changed in just the same way.
TRUE_BUT_NOT_SHOWN = [
    ("In a small trial, ketamine improved depression symptoms, and the effect often faded.", TRIAL),
    ("Ketamine improved symptoms of depression within two hours in a small trial.", TRIAL),
    ("Ketamine can work in hours to days.", FAST),
    ("Usual antidepressants often need several weeks to reach their full effect.", FAST),
    ("A single infusion eased depression more than placebo within two hours.", FAST),
    ("Esketamine was approved by the FDA in 2019 for treatment-resistant depression.", APPROVED),
    ("Esketamine is approved by the FDA for depression.", LABEL),
    ("Ketamine is used for depression off-label.", LABEL),
    ("Long-term misuse of ketamine has been linked with bladder damage.", MISUSE),
    ("Ketamine can rarely slow breathing.", RARE),
    ("Ketamine may not suit people with high blood pressure that is not under control.", FIT),
    ("ECT causes a brief seizure in the brain while the person is asleep.", ECT),
    ("Common side effects of ECT are headache and nausea.", SIDE),
    ("Regular blood tests are needed by people who take lithium.", LITHIUM),
    ("La ketamina puede aliviar la depresión en unas horas.", RAPIDA),
]

LIES = [
    # the opposite, or another word in the place of one that counts
    (
        "People with high blood pressure should have ketamine.",
        "People with high blood pressure should avoid ketamine.",
    ),
    (
        "Ketamine raises the risk of bladder problems in older adults.",
        "Ketamine lowers the risk of bladder problems in older adults.",
    ),
    ("Esketamine is recommended during pregnancy.", PREGNANT),
    ("Esketamine is approved for children or teenagers.", PREGNANT),
    ("Ketamine may suit people with high blood pressure that is not under control.", FIT),
    ("Staff stop watching three things after ketamine.", WATCH),
    ("Fewer people relapsed.", "A few people relapsed."),
    ("Few people relapsed.", "A few people relapsed."),
    ("ECT is the most effective treatment.", "ECT is a most effective treatment."),
    # other names, numbers, signs
    (
        "Lithium was approved by the FDA in 2019 for adults with treatment-resistant depression.",
        "Esketamine was approved by the FDA in 2019 for adults with treatment-resistant "
        "depression.",
    ),
    ("Lithium blocks the NMDA receptor.", NMDA),
    ("Spravato can work within hours to days.", FAST),
    ("Ketamine can work within minutes to days.", FAST),
    (TRIAL.replace("two", "three"), TRIAL),
    (TRIAL.replace("two", "2"), TRIAL),
    (APPROVED.replace("2019", "2009"), APPROVED),
    (COMPARED.replace("2023", "2013"), COMPARED),
    ("Relapse came in 50 of the clinics.", "Relapse came in 50% of the clinics."),
    ("The level was 15.", "The level was 1.5."),
    # the same words in another order
    ("Ketamine works better than ECT for severe depression.", COMPARED),
    ("Depression can prevent lithium.", "Lithium can prevent depression."),
    ("People switched from placebo to lithium.", "People switched from lithium to placebo."),
    # something is left out that turns or widens what is left
    ("Ketamine has been linked with bladder damage.", MISUSE),
    ("Esketamine is used for depression off-label.", LABEL),
    ("The FDA approved esketamine in 2019 for adults with depression.", APPROVED),
    (
        "The FDA approved esketamine in 2019 for adults with treatment-resistant depression.",
        APPROVED,
    ),
    ("Esketamine does have FDA approval for adults with depression.", SPRAY),
    ("Lithium can suicide.", LITHIUM),
    ("People need regular blood tests.", LITHIUM),
    ("ECT works better for severe depression.", COMPARED),
    ("ECT works better than ketamine.", COMPARED),
    ("Ketamine eased depression.", FAST),
    ("Ketamine is approved.", "Ketamine is approved for anesthesia."),
    ("Ketamine helped.", "In rats, ketamine helped."),
    ("Ketamine helped.", "In an animal study, ketamine helped."),
    ("Ketamine helped.", "Ketamine, in large amounts, helped."),
    ("Ketamine is safe.", "Ketamine is safe, so long as a doctor watches."),
    ("Ketamine is safe.", "Ketamine is safe, and only in a clinic."),
    ("Ketamine is safe.", "Ketamine is safe, and the clinic must be certified."),
    ("Ketamine is safe.", "Ketamine is safe, a company claims."),
    ("Ketamine is safe.", "Ketamine is safe (in adults)."),
    ("Ketamine is safe.", "Ketamine is not safe."),
    ("Ketamine is safe.", "It is a myth that ketamine is safe."),
    ("Lithium helps and harms.", "Lithium helps, and the older drug, ketamine, harms."),
    ("Lithium helps, harms.", "Lithium helps, and the older drug, which calms, harms."),
    ("If depression returns.", "If depression returns, a doctor is told."),
    # hedges are lost, or certainty is won
    ("Ketamine can slow breathing or cause serious heart problems.", RARE),
    ("Ketamine can ease depression in the short term.", STUDIES),
    ("Studies show that ketamine can ease depression in the short term.", STUDIES),
    ("The effect faded within a week.", TRIAL),
    ("Ketamine works within hours to days.", FAST),
    ("Ketamine always works within hours to days.", FAST),
    ("Blocking the NMDA receptor raises a growth protein called BDNF.", NMDA),
    # a sentence means something else without its neighbours
    ("Ketamine cures depression for good.", MYTH),
    ("This is a myth.", MYTH),
    ("It may harm the baby.", PREGNANT),
    ("Stop the medicine.", RULES),
    ("Drink alcohol.", RULES),
    ("People should not: drink alcohol.", RULES),
    ("Drink alcohol.", "Do not:\n\n1. Stop the medicine.\n2. Drink alcohol."),
    ("Drink alcohol.", "Do not:\n\n- Stop the medicine. Drink alcohol.\n- Drive."),
    # Spanish
    ("La ketamina es segura para personas con psicosis.", SEGURA),
    ("La ketamina le sirve a todo el mundo.", SEGURA),
    ("La ketamina debe darla un profesional con formación.", SEGURA),
    ("La esketamina tampoco es segura para personas con psicosis.", SEGURA),
    ("La ketamina alivia la depresión en horas o días.", RAPIDA),
    (
        "Una sola infusión de ketamina alivió la depresión menos que un placebo en menos de dos "
        "horas.",
        RAPIDA,
    ),
    ("Un placebo alivió la depresión más que una sola infusión de ketamina.", RAPIDA),
    ("La ketamina puede aliviar la depresión en tres horas.", RAPIDA),
    ("El efecto se pierde en unos días.", RAPIDA),
    ("La ketamina alivia la depresión de algunas personas.", PLAZO),
    (
        "Ketamina calma a pacientes adultos.",
        "Ketamina calma, a corto plazo, a pacientes adultos.",
    ),
    ("La ketamina es la más eficaz.", "La ketamina es más eficaz."),
    ("La ketamina es segura.", "¿La ketamina es segura?"),
    ("La ketamina es segura.", "Ningún médico dice que la ketamina es segura."),
    ("Personas con psicosis deben usarla.", "Ni personas con psicosis deben usarla."),
    # nothing, or plain invention
    ("Ketamine is often taken as a tablet with breakfast.", TRIAL),
    ("Ketamine, sold as Spravato, improved symptoms of depression.", TRIAL),
    ("It is so.", TRIAL),
    ("", TRIAL),
    ("…", "…"),
    ("Ketamine works within hours.", ""),
]


@pytest.mark.parametrize(("sentence", "quote"), SHOWN)
def test_whole_sentences_and_what_is_cut_at_a_comma_without_harm_are_shown(sentence, quote):
    """Without these the mode would never show anything that a model wrote."""
    assert supported(sentence, quote)


@pytest.mark.parametrize(("sentence", "quote"), LIES)
def test_what_the_quote_does_not_say_is_not_shown(sentence, quote):
    """The first promise: one wrong word about a medicine can hurt somebody."""
    assert not supported(sentence, quote)


@pytest.mark.parametrize(("sentence", "quote"), TRUE_BUT_NOT_SHOWN)
def test_the_price_is_known(sentence, quote):
    """Fails when the check is loosened: then look for the lie of the same shape first."""
    assert not supported(sentence, quote)


BELIEF = "Many people believe that ECT harms the brain."


@pytest.mark.parametrize(
    "denial",
    [
        "In fact, it does not.",
        "Actually, it does not.",
        "There is no proof of that.",
        "There is no proof that it does.",
        "There is no evidence that ECT harms the brain.",
        "No study has shown this.",
        "Research has not confirmed it.",
        "Doctors do not think so.",
        "“This” is a myth.",
        "They mean well. But this is a myth.",
        "\n\nThis is a myth.",
    ],
)
def test_what_the_quotation_takes_back_is_not_shown_without_that(denial):
    """The articles name myths in order to deny them."""
    quote = f"{BELIEF} {denial} ECT is given under anesthesia."
    assert not supported(BELIEF, quote)
    assert supported("ECT is given under anesthesia.", quote)


@pytest.mark.parametrize("denial", ["No es cierto.", "Es un mito.", "En realidad, no lo daña."])
def test_what_is_taken_back_in_spanish_is_not_shown_without_that(denial):
    belief = "Muchos creen que la TEC daña el cerebro."
    assert not supported(belief, f"{belief} {denial}")
    assert not supported(denial, f"{belief} {denial}")


@pytest.mark.parametrize(
    "sentence",
    [
        "In fact, it does not.",
        "There is no proof of that.",
        "No study has shown this.",
        "Neither is approved for children.",
        "Both can be fatal.",
        "The same is true for children.",
        "Others should not have it.",
        "Therefore people should stop lithium.",
        "So people should stop lithium.",
        "In these cases people should stop lithium.",
        "It is important to stop.",  # in a quotation it may stand alone; here it might be a drug
        "Both drugs and alcohol harm.",
        "Ambos pueden ser mortales.",
        "Lo mismo vale para los niños.",
        "Por eso hay que dejar el litio.",
    ],
)
def test_a_sentence_that_leans_on_another_is_not_shown(sentence):
    """Whoever reads it alone takes it to be about something else, or about everything."""
    assert not supported(sentence, f"Lithium can harm with too much salt. {sentence}")


def test_what_is_left_of_a_sentence_may_not_lean_either():
    """Its opening, with what "it" stands for, is a part that may go."""
    quote = "In a small trial, a single infusion helped, and it faded within a week."
    assert supported("A single infusion helped, and it faded within a week.", quote)
    assert not supported("It faded within a week.", quote)


@given(st.lists(st.sampled_from(APPROVED.rstrip(".").split()), min_size=1))
def test_no_selection_or_order_of_its_words_is_supported_but_its_own(chosen):
    """Whatever words of the quote are shuffled, repeated or dropped."""
    assert supported(" ".join(chosen) + ".", APPROVED) == (
        [word.strip(",") for word in chosen] == APPROVED.replace(",", "").rstrip(".").split()
    )


@pytest.mark.parametrize("position", range(len(APPROVED.split())))
@pytest.mark.parametrize("word", ["not", "lithium", "always", "no", "10", ""])
def test_no_single_word_can_be_replaced_or_dropped(position, word):
    tokens = APPROVED.split()
    tokens[position] = word
    assert not supported(" ".join(tokens), APPROVED)


def test_typographic_signs_are_no_difference():
    """Models write curly quotation marks and other hyphens."""
    quote = 'Doctors may still prescribe ketamine "off-label" if it doesn\'t help.'
    assert supported("Doctors may still prescribe ketamine “off‑label” if it doesn’t help.", quote)


def test_a_long_quote_of_many_parts_is_checked_at_once():
    """Every part may stay or go: trying all the ways one by one would never end."""
    quote = "Ketamine, " + "which is a drug, " * 2000 + "helps."
    assert supported("Ketamine helps.", quote)
    assert not supported("Ketamine harms.", quote)


@pytest.mark.parametrize(
    "word", "avoid stop less tampoco ni ningún nadie not without nunca".split()
)
def test_words_that_deny_are_known_in_both_languages(word):
    """The answerer tells contradicting quotations by them."""
    assert negations([word.replace("ú", "u")])


def test_a_citation_is_listed_once_and_numbers_stay():
    """Two sentences of one quotation are one source for the reader."""
    written = (
        "Esketamine is not approved for children or teenagers [2]. "
        "Ketamine can work within hours to days [1]. "
        "Esketamine is not recommended during pregnancy [2]. "
        "Esketamine is not recommended during pregnancy [2]."
    )
    found = checked(written, [citation(1, FAST), citation(2, PREGNANT)])
    assert [(excerpt.text, excerpt.citation, source.number) for excerpt, source in found] == [
        (
            "Esketamine is not approved for children or teenagers. "
            "Esketamine is not recommended during pregnancy.",
            2,
            2,
        ),
        ("Ketamine can work within hours to days.", 1, 1),
    ]
