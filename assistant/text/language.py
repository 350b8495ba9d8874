"""Which of the two languages of the page a message is written in."""

from __future__ import annotations

import re
import unicodedata

from assistant.types import Language

_WORD = re.compile(r"[^\W\d_]+")
_MARKED = frozenset("áíóúñ")  # letters of Spanish; "é" is in English words, too ("café")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzéü") | _MARKED  # a word with others is of neither
# Places of the practice's own state, and two abbreviations: Spanish words that are no Spanish.
_ABBREVIATED = re.compile(r"\b(?:LA|VA)\b")
_PLACES = re.compile(
    r"\b(?:los (?:angeles|gatos|altos|osos|banos)|"
    r"la (?:jolla|mesa|habra|quinta|puente|mirada|verne)|"
    r"el (?:cajon|monte|segundo|cerrito|dorado|centro)|las vegas|del mar)\b",
    re.IGNORECASE,
)

# Frequent words that exist in one of the two languages only (unaccented). "no", "me", "a", "son",
# "the" look-alikes and drug names decide nothing, so they are left out.
_SPANISH = frozenset(
    "el la los las un una unos unas y o de del al que es en por para con sin mi mis tu tus su sus "
    "yo tu usted ustedes ella ellos ellas nosotros le les lo se nos esta este esto estos estas ese "
    "esa eso estoy estan estaba soy eres somos son era fue fui ser estar tengo tiene tienen tener "
    "tenia hay hace hacer hago hacen puedo puede pueden poder debo debe quiero quiere quieren "
    "quisiera como cuando donde quien cual cuanto cuanta cuantos cuantas porque pero si muy mas "
    "menos ya nunca siempre nada todo todos toda todas tambien hoy manana anoche ahora aqui vida "
    "morir matarme morirme vivir dolor ayuda ayudame hijo hija esposo esposa madre padre hermano "
    "hermana amigo amiga novio novia mama papa cita citas seguro medicina medicamento medicamentos "
    "pastillas tomar tomo tome dejar dejo depresion ansiedad psiquiatra terapia tratamiento "
    "gracias hola buenos buenas dias tardes noches adios favor cuesta horario telefono sirve "
    "siento sentir va voy ir dice dijo hasta desde sobre entre otra otro sino ni cada algo alguien "
    "nadie mismo cansado cansada solo sola "
    # What keywords alone tell: "efectos secundarios ketamina".
    "efecto efectos secundarios sintomas riesgo riesgos sesion sesiones consulta medico enfermedad "
    "trastorno antidepresivo antidepresivos antipsicoticos pastilla medicinas anestesia embarazo "
    "embarazada posparto sueno insomnio panico miedo tristeza estres duelo suicidio adiccion salud "
    "cabeza cerebro cuerpo sangre corazon presion ninos bebe mujeres hombres adultos adolescentes "
    "antes despues mientras luego semana semanas meses anos horas minutos veces tiempo noche "
    "mejor peor dura duele funciona sirven empezar terminar dormir manejar beber hablar evitar "
    "diferencia peligro peligroso problemas cambios resultados gente personas paciente trabajo "
    "edad cuatro magnetica electrochoques conductual psiquiatria necesito muchos cualquier".split()
)
_ENGLISH = frozenset(
    "the an and or of to is are was were am be been i im ive id ill you your youre he she they we "
    "it its my mine his her their our this that these those in on at for with without from by do "
    "does did dont doesnt didnt have has had can cant could would should will wont what whats when "
    "where who which why how if but not about any some all just so than then there here want need "
    "feel feeling get going know take taking think make help please thanks thank hello hi hey ok "
    "day life more much many like anymore never ever still after before into out up".split()
)


def detect(text: str, default: Language = "en") -> Language:
    """The language most of the telling words belong to; `default` when nothing tells."""
    spanish = english = 0
    read = _PLACES.sub(" ", text[:20_000])
    if not read.isupper():  # "ME VA MAL" is Spanish
        read = _ABBREVIATED.sub(" ", read)
    for word in _WORD.findall(read.lower().replace("'", "").replace("’", "")):
        if not _LETTERS.issuperset(word):
            continue
        bare = _unaccented(word)
        spanish += (bare in _SPANISH) + (not _MARKED.isdisjoint(word))
        english += bare in _ENGLISH
    spanish += text.count("¿") + text.count("¡")
    if spanish > english:
        return "es"
    # On a Spanish page one English word ("hello", "TMS") does not make a message English.
    return "en" if english > spanish + 1 else default


def _unaccented(word: str) -> str:
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFKD", word)
    return "".join(char for char in plain if not unicodedata.combining(char))
