"""The chat page, from top to bottom. Streamlit runs this file anew for every action."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from assistant.pages import drawing, server, source, visit
from assistant.pages.background import Found, begun
from assistant.pages.conversation import Conversation, Exchange
from assistant.settings import wording
from assistant.types import Answer, Citation, Opinion

BEAT = 0.1  # seconds between looks at whether the visitor has pressed something
REASONS: tuple[Opinion, ...] = ("not_my_question", "hard_to_read", "out_of_date", "seems_wrong")


def main() -> None:
    assistant = server.assistant()
    talk = conversation()
    say = drawing.words(talk.language)
    st.set_page_config(page_title=assistant.practice.name, layout="centered")
    st.html(server.HERE / "style.css")

    top = st.container(key="top")
    with top:
        st.html(drawing.header(assistant.practice.name, talk.language))
        st.button(
            say["switch"], key="switch", type="tertiary", on_click=switch_language, args=(talk,)
        )
        card_bar = st.empty()
    sample = st.empty()
    show_sample(talk, sample)
    card = st.empty()
    show_card(talk, card, card_bar)
    # Before anything that may take its time or fail: a visitor can always type.
    with st.bottom:
        show_visit(talk)
        show_editing(talk)
        # Open while an answer is on its way: the next message may be a call for help.
        st.chat_input(
            say["input"], key="message", on_submit=ask_typed, args=(talk,), submit_mode="submit"
        )
        st.html(drawing.notice(talk.language))
    st.html(drawing.state(talk.language), unsafe_allow_javascript=True)

    if not talk.exchanges:
        start(talk)
    for number, exchange in enumerate(talk.exchanges):
        if exchange.waiting:
            wait_for(exchange, number, talk)
            show_card(talk, card, card_bar)
        show_exchange(exchange, number, talk)
    show_sample(talk, sample)  # what has gone live while this page was drawn
    if talk.exchanges:
        with st.container(key="ends", horizontal=True):
            st.button(
                say["new"],
                key="new",
                type="tertiary",
                on_click=instead,
                args=(talk, talk.clear),
            )
            st.button(say["erase"], key="erase", type="tertiary", on_click=erase, args=(talk,))


# --- the parts of the page -------------------------------------------------------------------


def start(talk: Conversation) -> None:
    """What a new visitor reads: what this is, what it is not, and questions to start with."""
    say = drawing.words(talk.language)
    st.html(drawing.welcome(talk.language))
    starters = beside_the_page(partial(server.assistant().starters, talk.language))
    if starters:
        st.html(drawing.label(say["starters"]))
        questions(talk, starters, key="starter")
    st.html(drawing.notice_points(talk.language))


def show_sample(talk: Conversation, place: DeltaGenerator) -> None:
    """That articles are a demonstration, while any live one is."""
    if server.assistant().sample:
        place.html(drawing.banner(wording(talk.language)["reply"]["sample_note"], "sample"))


def show_card(talk: Conversation, place: DeltaGenerator, bar: DeltaGenerator) -> None:
    """The crisis card above the conversation, and its numbers wherever the visitor has scrolled."""
    if talk.card is not None:
        place.html(drawing.card(talk.card, talk.cards_shown))
        bar.html(drawing.card_bar(talk.card.language))


def wait_for(exchange: Exchange, number: int, talk: Conversation) -> None:
    """The question with what is being done, until its answer is there or the visitor stops it."""
    say, assistant = drawing.words(talk.language), server.assistant()
    waiting = st.empty()
    with waiting.container():
        show_question(exchange, number, talk)
        with st.container(key="waiting", horizontal=True, vertical_alignment="center"):
            st.html(drawing.step(say["step"]), width="content")
            st.button(
                say["stop"],
                key=f"stop-{number}",
                type="tertiary",
                on_click=talk.stop,
                args=(exchange, assistant),
            )
            beat = st.empty()
    reply = talk.begin(exchange, assistant)
    while not wait([reply], timeout=BEAT).done:
        beat.empty()  # here Streamlit looks whether the visitor has pressed something
    try:
        talk.take(exchange)
    finally:
        waiting.empty()


def show_question(exchange: Exchange, number: int, talk: Conversation) -> None:
    """What the visitor said; the last question can be edited."""
    say = drawing.words(talk.language)
    with st.chat_message(say["you"]):
        st.html(drawing.question(exchange.message))
        if exchange is talk.editable and not talk.editing:
            with st.container(key=f"edit-{number}", horizontal_alignment="right"):
                st.button(
                    say["edit"],
                    key=f"edit-last-{number}",
                    type="tertiary",
                    on_click=edit_last,
                    args=(talk,),
                )


def show_exchange(exchange: Exchange, number: int, talk: Conversation) -> None:
    """A question and its answer."""
    say = drawing.words(talk.language)
    show_question(exchange, number, talk)
    answer = exchange.answer
    with st.chat_message(say["assistant"]):
        if answer is None:
            st.html(drawing.aside(say["stopped"]))
            st.button(
                say["again"],
                key=f"again-{id(exchange)}",
                on_click=instead,
                args=(talk, talk.again, exchange),
            )
            return
        if answer.card:
            st.html(drawing.card_link(answer.card.language))
        if answer.lead:
            st.html(drawing.lead(answer))
        quotations(answer, number, talk)
        st.html(drawing.closing(answer, talk.language))
        if exchange.for_visit:
            offers(exchange, number, talk)
        if answer.suggestions and exchange is talk.exchanges[-1]:
            st.html(drawing.label(say["suggestions"]))
            questions(talk, answer.suggestions, key=f"suggestion-{number}")
        st.html(drawing.announcement(answer, exchange.turn, talk.language))


def quotations(answer: Answer, number: int, talk: Conversation) -> None:
    """Each excerpt as a quotation, with the button that opens its source."""
    sources = {citation.number: citation for citation in answer.citations}
    for position, excerpt in enumerate(answer.excerpts):
        with st.container(key=f"quotation-{number}-{position}", gap=None):
            citation = sources.get(excerpt.citation)
            quoted = citation is not None and excerpt.text == citation.quote
            spoken = citation.language if citation and quoted else answer.language
            st.html(drawing.excerpt(excerpt.text, excerpt.citation, spoken))
            if citation is not None and st.button(
                drawing.chip(citation), key=f"source-{number}-{position}", type="tertiary"
            ):
                open_source(citation, talk)


def offers(exchange: Exchange, number: int, talk: Conversation) -> None:
    """What can be done with an answer: quiet, in one row below it."""
    say = drawing.words(talk.language)
    with st.container(key=f"offers-{number}", horizontal=True, gap="xsmall"):
        if exchange not in talk.visit:
            st.button(
                say["visit_add"],
                key=f"keep-{number}",
                icon=":material/bookmark_add:",
                type="tertiary",
                on_click=talk.keep,
                args=(exchange,),
            )
        elif st.button(
            say["visit_open"], key=f"kept-{number}", icon=":material/bookmark:", type="tertiary"
        ):
            open_visit(talk)
        if exchange.answer and exchange.answer.excerpts:
            copied = visit.answer_text(exchange, server.assistant().practice, talk.language)
            st.html(drawing.copy(copied, talk.language), width="content")
        if not exchange.opinions:
            with st.container(key=f"thumbs-{number}", horizontal=True, gap=None, width="content"):
                opinion("helpful", exchange, number, talk, icon=":material/thumb_up:")
                opinion("not_helpful", exchange, number, talk, icon=":material/thumb_down:")
    if exchange.opinions:
        show_thanks(exchange, number, talk)


def show_thanks(exchange: Exchange, number: int, talk: Conversation) -> None:
    """What follows a thumb: thanks, and after a thumb down the reasons to choose from."""
    say = drawing.words(talk.language)
    if exchange.opinions != ["not_helpful"]:
        st.html(drawing.aside(say["thanks"]))
        return
    st.html(drawing.aside(say["reasons"]))
    with st.container(key=f"reasons-{number}", horizontal=True, gap="xsmall"):
        for reason in REASONS:
            opinion(reason, exchange, number, talk)


def opinion(
    value: Opinion, exchange: Exchange, number: int, talk: Conversation, *, icon: str | None = None
) -> None:
    say = drawing.words(talk.language)
    st.button(
        say["reason"].get(value) or say[value],
        key=f"{value}-{number}",
        icon=icon,
        type="tertiary" if icon else "secondary",
        on_click=talk.rate,
        args=(exchange, value, server.assistant()),
    )


def show_visit(talk: Conversation) -> None:
    """The way to the sheet, in reach as soon as there is something on it."""
    if talk.visit:
        name = f"{drawing.words(talk.language)['visit']} ({len(talk.visit)})"
        if st.button(drawing.plain(name), key="visit", type="tertiary"):
            open_visit(talk)


def show_editing(talk: Conversation) -> None:
    """That the message being typed will replace the last one, and the way out."""
    if talk.editing:
        say = drawing.words(talk.language)
        with st.container(
            key="editing", horizontal=True, gap="xsmall", vertical_alignment="center"
        ):
            st.html(drawing.aside(say["editing"]), width="content")
            st.button(
                say["editing_end"], key="editing-end", type="tertiary", on_click=leave, args=(talk,)
            )


def open_visit(talk: Conversation) -> None:
    """The sheet in a panel. Closing it runs the page again, so that every count is right."""
    language, practice = talk.language, server.assistant().practice
    say = drawing.words(language)

    @st.dialog(
        drawing.plain(say["visit_title"]), width="large", position="right", on_dismiss="rerun"
    )
    def panel() -> None:
        show_numbers(talk)
        with st.container(key="sheet"):
            st.html(visit.introduction(talk.visit, language))
            if not talk.visit:
                return
            today = visit.today(st.context.timezone)
            st.html(visit.tools(talk.visit, practice, language, today))
            st.html(visit.heading(practice, language, today))
            for number, exchange in enumerate(talk.visit, start=1):
                st.html(visit.entry(exchange, number, language))
                st.button(
                    say["visit_remove"].format(number=number),
                    key=f"drop-{exchange.turn}",
                    type="tertiary",
                    on_click=talk.drop,
                    args=(exchange,),
                )
            st.html(visit.closing(practice, language))

    panel()


def show_numbers(talk: Conversation) -> None:
    """In a panel too the emergency numbers are within reach, once there is a card."""
    if talk.card is not None:
        st.html(drawing.card_bar(talk.card.language))


def open_source(citation: Citation, talk: Conversation) -> None:
    """The article in a panel, at the words that were quoted."""
    article = beside_the_page(partial(server.assistant().article, citation.article_id))

    @st.dialog(drawing.plain(citation.title), width="large", position="right")
    def panel() -> None:
        show_numbers(talk)
        st.html(source.panel(citation, article, talk.language))

    panel()


def beside_the_page(look_up: Callable[[], Found]) -> Found:
    """What is looked up in the store, which may hang: meanwhile, what the visitor says is heard."""
    found = begun(look_up, name="look-up")
    while not wait([found], timeout=BEAT).done:
        st.empty()  # here Streamlit looks whether the visitor has pressed something
    return found.result()


def questions(talk: Conversation, items: list[str] | tuple[str, ...], *, key: str) -> None:
    """Questions as buttons; a tap asks them."""
    with st.container(key=key, gap="xsmall"):
        for position, item in enumerate(items):
            st.button(
                drawing.plain(item),
                key=f"{key}-{position}",
                on_click=instead,
                args=(talk, talk.pick, item, len(talk.exchanges)),
                width="stretch",
            )


# --- what visitors do ------------------------------------------------------------------------


def conversation() -> Conversation:
    """This visitor's conversation, begun in the language of the browser."""
    if "conversation" not in st.session_state:
        spanish = (st.context.locale or "").lower().startswith("es")
        st.session_state.conversation = Conversation(language="es" if spanish else "en")
    found: Conversation = st.session_state.conversation
    return found


def ask_typed(talk: Conversation) -> None:
    talk.send(st.session_state.message or "", server.assistant())


def edit_last(talk: Conversation) -> None:
    """Puts the last question back into the input."""
    if talk.editable:
        talk.editing = True
        st.session_state.message = talk.editable.message


def leave(talk: Conversation) -> None:
    """Ends editing with nothing changed."""
    talk.editing = False
    st.session_state.message = ""


def instead(talk: Conversation, act: Callable[..., None], *values: object) -> None:
    """Does something else than editing: the old question does not stay behind in the input."""
    if talk.editing:
        leave(talk)
    act(*values)


def switch_language(talk: Conversation) -> None:
    talk.speak("en" if talk.language == "es" else "es", server.assistant().practice)


def erase(talk: Conversation) -> None:
    """Leaves nothing of this visit, neither here nor on the screen."""
    st.session_state.conversation = talk.erased()
    st.session_state.message = ""


main()
