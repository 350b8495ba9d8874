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

  // Streamlit scrolls to the end of a conversation that grows, and gives focus back to the input
  // when that is ready again. A new answer is to be read from its start, and help must stay in view
  // and be the next thing that a key or a screen reader meets: so the element is held there until
  // the visitor does something.
  function hold(element, { focus = false } = {}) {
    const until = performance.now() + 1500;
    let left = false;
    const leave = () => { left = true; };
    for (const sign of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      addEventListener(sign, leave, { once: true });
    }
    const step = () => {
      if (left || performance.now() > until || !element.isConnected) return;
      if (focus && document.activeElement !== element) element.focus({ preventScroll: true });
      const top = element.getBoundingClientRect().top;
      if (top < 0 || top > innerHeight / 3) element.scrollIntoView({ block: "start" });
      requestAnimationFrame(step);
    };
    step();
  }

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
    if (isNew && last.dataset.view === "question") toQuestion();
  }

  // A new answer is read from its start: the question moves to the top of the screen.
  function toQuestion() {
    const asked = document.querySelectorAll(".question");
    const last = asked[asked.length - 1];
    if (last) hold(last);
  }

  function card() {
    const element = document.querySelector(".card[data-shown]");
    const shown = element ? Number(element.dataset.shown) : 0;
    if (element && shown > cards) hold(element, { focus: true });
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

  // In a panel on another website: an Escape that closes nothing here closes the panel. The
  // message says nothing else, so any page may get it.
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || parent === window || document.querySelector('[role="dialog"]')) return;
    parent.postMessage("practice-assistant:close", "*");
  }, { capture: true });

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
