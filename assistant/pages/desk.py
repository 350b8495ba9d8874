"""The content desk, for editors: what is live, what would change, publish, go back, try out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

import streamlit as st

from assistant.pages import server
from assistant.pages.access import MIN_CODE, door, editor
from assistant.pages.drawing import plain
from assistant.pages.editing import VERBS, Desk, Work, file_name, new_article, note
from assistant.publishing import Progress, Return
from assistant.settings import Settings, load_settings
from assistant.store.generations import standing
from assistant.types import Activation, AssistantError, PublishReport

NEAREST = 3  # passages whose articles may hold the answer that an editor misses
STYLE = """<style>
.desk { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
.desk th, .desk td { border-bottom: 1px solid #8886; padding: 0.3rem 0.5rem; text-align: left;
  vertical-align: top; }
.diff { font-size: 0.85rem; white-space: pre-wrap; }
.diff ins { text-decoration: none; background: #2e7d3233; display: block; }
.diff del { text-decoration: none; background: #b71c1c2e; display: block; }
</style>"""


def main() -> None:
    st.set_page_config(page_title="Content desk", layout="wide")
    st.html(STYLE)
    st.title("Content desk")
    settings = load_settings()
    by = admitted(settings)
    if by is None:
        return
    desk = Desk(settings, server.assistant(), by=by)  # type: ignore[arg-type]
    sections: dict[str, Callable[[Desk], None]] = {
        "Live": show_live,
        "Changes": show_changes,
        "Publish": show_publish,
        "History": show_history,
        "Try a question": show_bench,
        "Due for review": show_due,
        "New article": show_new,
    }
    chosen = st.segmented_control(
        "Section", list(sections), default="Live", key="section", label_visibility="collapsed"
    )
    try:
        sections[chosen or "Live"](desk)
    except AssistantError as error:
        st.error(plain(str(error)))


# --- who may come in -------------------------------------------------------------------------


def admitted(settings: Settings) -> str | None:
    """Who is at the desk, for the history; None for somebody who may not be."""
    if not settings.desk:
        st.error("The content desk is switched off.")
        return None
    if st.secrets.load_if_toml_exists() and "auth" in st.secrets:
        return _logged_in(settings)
    if st.session_state.get("desk_open"):
        return "content desk"
    entrance = door(settings.desk_code.get_secret_value())
    if not entrance.usable:
        st.error(f"Set ASSISTANT_DESK_CODE to a code of at least {MIN_CODE} characters.")
        return None
    with st.form("door"):
        given = st.text_input("Access code", type="password", key="code")
        if st.form_submit_button("Open"):
            verdict = entrance.knock(given)
            if verdict == "open":
                st.session_state.desk_open = True
                st.rerun()
            st.error(
                "Too many wrong codes. Wait a minute, then try again."
                if verdict == "wait"
                else "That is not the code."
            )
    return None


def _logged_in(settings: Settings) -> str | None:
    if not st.user.is_logged_in:
        st.button("Log in", on_click=st.login)
        return None
    who = editor(st.user.to_dict(), settings.desk_editors)
    st.button("Log out", on_click=st.logout)
    if not who:
        st.error("This address is not among those in ASSISTANT_DESK_EDITORS.")
    return who or None


# --- sections --------------------------------------------------------------------------------


def show_live(desk: Desk) -> None:
    latest, articles = desk.live()
    if latest is None:
        st.info("Nothing has been published yet.")
        return
    st.write(plain(_told(latest)))
    table(
        ("article", "approved by", "approved on", "review by"),
        (
            (
                article.title,
                article.approved_by,
                article.approved_on,
                f"{article.review_by}{'' if article.in_date(desk.today) else ' (expired)'}",
            )
            for article in articles.values()
        ),
    )


def show_changes(desk: Desk) -> None:
    report, differences = desk.changes()
    show_checked(report)
    for difference in differences:
        with st.expander(f"{difference.verb}: {plain(difference.title)}"):
            st.html(f'<div class="diff">{"".join(map(_line, difference.lines))}</div>')
    st.write("Which answers would change? The golden questions are tried; nothing goes live.")
    if st.button("Try it", key="try"):
        begin("rehearsal", desk.rehearse)
    follow("rehearsal", show_rehearsal)


def show_rehearsal(report: PublishReport) -> None:
    """What the golden questions said, or why none was asked."""
    show_golden(report)
    if not report.golden:
        new = report.added or report.changed or report.removed
        why = "there are no golden questions" if new else "nothing has changed"
        st.info(f"Nothing was tried: {why}.")


def show_publish(desk: Desk) -> None:
    skip = st.checkbox("Publish although golden questions fail (this is recorded)", key="skip")
    show_checked(desk.check(skip_golden=skip))
    if st.button("Publish", key="publish", type="primary"):
        begin("publication", lambda progress: desk.publish(progress, skip_golden=skip))
    follow("publication", show_outcome)


def show_outcome(report: PublishReport) -> None:
    """What was published, or why nothing was."""
    show_golden(report)
    if report.activated and report.generation:
        st.success(
            f"Published: {report.generation.id}. {report.embedded} passages are new, "
            f"{report.copied} were copied."
        )
    elif report.failed:
        also = f" Also {', '.join(report.removed)}." if report.removed else ""
        said = "Golden questions failed: not published. What was live is still live."
        st.error(plain(said + also))
    else:
        st.info("Nothing to publish: what is live is up to date.")


def show_history(desk: Desk) -> None:
    if said := st.session_state.pop("went_back", ""):
        st.info(plain(said))
    entries = desk.history()
    table(
        ("live from", "generation", "", "by", "golden questions overridden"),
        (
            (f"{e.at:%Y-%m-%d %H:%M} UTC", e.generation_id, e.how, e.by, "; ".join(e.overridden))
            for e, _ in entries
        ),
    )
    live = entries[0][0].generation_id if entries else ""
    earlier = {e.generation_id: e for e, kept in entries if kept and e.generation_id != live}
    if not earlier:
        st.info("There is no earlier publication to go back to.")
        return
    order = sorted(earlier, key=lambda id_: id_ not in standing([e for e, _ in entries]))
    chosen = st.selectbox("Go back to", order, key="earlier")
    found = desk.roll_back(chosen, trial=True)
    table(("what that would do", "article", "why it was taken off"), returned(found))
    meant = not found.withdrawn or st.checkbox(
        plain(f"Bring back what was taken off the site: {', '.join(found.withdrawn)}"),
        key=f"withdrawn-{chosen}",
    )
    # What is drawn is what is done: after a first click the list above begins with another one.
    st.button(
        "Roll back", key="rollback", on_click=go_back, args=(desk, chosen), disabled=not meant
    )


def returned(found: Return) -> list[tuple[str, str, str]]:
    """What a return to a generation would change, article by article."""
    verbs = {"comes back": found.back, "as before": found.changed, "leaves": found.leaving}
    return [(verb, key, found.unfit.get(key, "")) for verb, keys in verbs.items() for key in keys]


def go_back(desk: Desk, generation_id: str) -> None:
    """Makes it live; once more does no harm."""
    try:
        desk.roll_back(generation_id)
    except AssistantError as error:
        st.session_state["went_back"] = str(error)
    else:
        st.session_state["went_back"] = f"Live again: {generation_id}"


def show_bench(desk: Desk) -> None:
    question = st.text_input("A question, as a visitor would type it", key="bench")
    if not question.strip():
        return
    answer = server.assistant().ask(question)
    st.write(plain(f"Understood as {answer.triage.label}; the reply is of kind {answer.kind}."))
    st.html("".join(f"<p>{escape(line)}</p>" for line in answer.text.splitlines() if line))
    found = desk.bench(question)
    table(
        ("article", "heading", "passage", "why"),
        ((c.title, " › ".join(c.heading_path), c.text, c.why) for c in found),
    )
    if found and answer.triage.label == "information":
        st.write(
            "Does another sentence of these articles answer it better? Note the question for it, in"
        )
        for id_ in dict.fromkeys(candidate.article_id for candidate in found[:NEAREST]):
            st.write(plain(f"questions/{id_}.md"))
        st.code(note(question), language="markdown")


def show_due(desk: Desk) -> None:
    due = desk.due()
    if not due:
        st.info("No live article is due for review within 60 days.")
        return
    table(
        ("review by", "article", "approved by", "file"),
        ((a.review_by, a.title, a.approved_by, a.path) for a in due),
    )


def show_new(desk: Desk) -> None:
    title = st.text_input("Title", key="title")
    author = st.text_input("Author (may stay empty)", key="author")
    url = st.text_input("Address on the website (may stay empty)", key="url")
    language = st.selectbox("Language", ["en", "es"], key="language")
    if not title.strip():
        return
    _, articles = desk.live()
    name = file_name(title, [article.path.rpartition("/")[2] for article in articles.values()])
    text = new_article(title, author=author, url=url, language=language or "en")
    st.code(text, language="markdown")
    st.download_button("Download", text, file_name=name, mime="text/markdown")
    st.write(plain(f"Put {name} into articles/ of the corpus, write it, and have it approved."))


# --- parts -----------------------------------------------------------------------------------


def show_checked(report: PublishReport) -> None:
    """What the gate and the linter say."""
    if report.obstacle:
        st.error(plain(report.obstacle))
    for verb in VERBS:
        if articles := getattr(report, verb):
            st.write(plain(f"{verb.capitalize()}: {', '.join(articles)}"))
    if not (report.added or report.changed or report.removed):
        st.info("Nothing has changed since the last publication.")
    for rejection in report.rejected:
        st.error(plain(str(rejection)))
    for warning in report.warnings:
        st.warning(plain(warning))


def show_golden(report: PublishReport) -> None:
    """Golden questions that fail, and answers that change, side by side."""
    for result in report.golden:
        if not result.passed:
            st.error(plain(f"“{result.question}”: {result.reason}"))
    changes = [result for result in report.golden if result.changed]
    if changes:
        rows = ((result.question, result.before, result.after) for result in changes)
        table(("question", "before", "after"), rows)
    elif report.golden:
        st.info("No answer to a golden question changes.")


def begin(name: str, task: Callable[[Progress], PublishReport]) -> None:
    """Begins a piece of work, unless it is under way or nobody has seen yet what came of it."""
    if name not in st.session_state:
        work = Work(task)
        st.session_state[name] = work  # before it starts: here, too, a click may end the script
        work.start()


def follow(name: str, show: Callable[[PublishReport], None]) -> None:
    """Shows how far a piece of work is, and then what came of it.

    A click may end the script anywhere in here; the work goes on, and the next script follows it.
    So it is forgotten only when all has been shown.
    """
    work: Work | None = st.session_state.get(name)
    if work is None:
        return
    bar = st.progress(0.0, "Starting")
    while not work.finished(within=0.2):
        what, done, total = work.reached
        bar.progress(done / max(1, total), what.capitalize())
    bar.empty()
    try:
        show(work.report())
    except AssistantError as error:
        st.error(plain(str(error)))
    except Exception:
        del st.session_state[name]  # the page shows it, and the button may be tried again
        raise
    del st.session_state[name]


def table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table in which everything is text, whatever it looks like."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    st.html(f'<table class="desk"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def _line(text: str) -> str:
    tag = {"+": "ins", "-": "del"}.get(text[:1], "div")
    return f"<{tag}>{escape(text)}</{tag}>"


def _told(entry: Activation) -> str:
    by = f" by {entry.by}" if entry.by else ""
    return f"{entry.generation_id}, {entry.how}{by} on {entry.at:%Y-%m-%d at %H:%M} UTC"


main()
