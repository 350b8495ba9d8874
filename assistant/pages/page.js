// What Streamlit leaves to the page: the document's language, one announcement for each finished
// answer, and where focus and scroll go. Reads what the page has drawn, sends nothing anywhere.
(() => {
  if (window.assistantPage) return;
  window.assistantPage = true;

  const live = document.createElement("div");
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  live.className = "spoken";
  document.body.append(live);

  let spoken = document.querySelectorAll(".announce").length - 1;
  let cards = 0;
  let sheet = null;

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const show = (element, block) =>
    element.scrollIntoView({ behavior: calm() ? "auto" : "smooth", block });

  function language() {
    const state = document.querySelector(".page-state");
    if (state) document.documentElement.lang = state.dataset.language;
  }

  // An answer is complete when its last element, the announcement, stands in the page.
  function announce() {
    const all = document.querySelectorAll(".announce");
    const last = all[all.length - 1];
    if (!last) { spoken = -1; return; }
    const turn = Number(last.dataset.turn);
    if (turn === spoken) return;
    const isNew = turn > spoken;
    spoken = turn;
    if (isNew) live.textContent = last.textContent;
    if (isNew && !document.querySelector(".card[data-shown]")) toQuestion();
  }

  // A new answer is read from its start: the question moves to the top of the screen.
  function toQuestion() {
    const asked = document.querySelectorAll(".question");
    const last = asked[asked.length - 1];
    if (last) requestAnimationFrame(() => show(last, "start"));
  }

  function card() {
    const element = document.querySelector(".card[data-shown]");
    const shown = element ? Number(element.dataset.shown) : 0;
    if (element && shown > cards) {
      show(element, "start");
      element.focus({ preventScroll: true });
    }
    cards = shown;
  }

  // The source opens at the quoted words. On a phone "back" closes it, as people expect of a sheet.
  function source() {
    const open = document.querySelector(".source");
    if (open && open !== sheet) {
      const mark = open.querySelector("mark");
      if (mark) requestAnimationFrame(() => mark.scrollIntoView({ block: "center" }));
      if (!sheet) history.pushState({ sheet: true }, "");
    }
    if (!open && sheet && history.state && history.state.sheet) history.back();
    sheet = open;
  }

  addEventListener("popstate", () => {
    const close = sheet && document.querySelector('[role="dialog"] button[aria-label="Close"]');
    if (close) close.click();
  });

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      language();
      card();
      announce();
      source();
    });
  }).observe(document.body, { childList: true, subtree: true, attributes: true,
    attributeFilter: ["data-shown", "data-turn", "data-language"] });
  language();
})();
