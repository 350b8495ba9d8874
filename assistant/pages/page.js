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

  let spoken = 0;
  let cards = 0;
  let sheet = null;
  let editing = false;
  let draft = ""; // what stood in the input when a question took its place, to be edited
  let opener = ""; // the key of the button that was pressed last
  let answered = ""; // the number of the answer it belongs to, if it does to one

  // Whether what had focus is gone.
  const lost = () => document.activeElement === document.body;

  // Tries once a frame until it succeeds or the visitor does something.
  function insist(succeeds) {
    let left = false;
    const leave = () => { left = true; };
    for (const sign of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      addEventListener(sign, leave, { once: true });
    }
    const attempt = () => { if (!left && !succeeds()) requestAnimationFrame(attempt); };
    attempt();
  }

  // Streamlit scrolls to the end of a conversation that grows, and focus would stay in the input. A
  // new answer is to be read from its start, and help must stay in view and be the next thing that
  // a key or a screen reader meets: so the element is held there.
  function hold(element, { focus = false } = {}) {
    const until = performance.now() + 1500;
    const bar = document.querySelector(".st-key-top");
    insist(() => {
      if (performance.now() > until || !element.isConnected) return true;
      if (focus && document.activeElement !== element) element.focus({ preventScroll: true });
      const top = element.getBoundingClientRect().top;
      const covered = bar ? bar.getBoundingClientRect().bottom : 0;
      if (top < covered || top > covered + innerHeight / 3) element.scrollIntoView({ block: "start" });
      return false;
    });
  }

  function language() {
    const state = document.querySelector(".page-state");
    if (!state) return;
    document.documentElement.lang = state.dataset.language;
    const other = document.querySelector(".st-key-switch button");
    if (other) other.lang = state.dataset.language === "es" ? "en" : "es";
    rename(JSON.parse(state.dataset.names));
  }

  // Streamlit names its own parts in English only.
  function rename(names) {
    for (const element of document.querySelectorAll("[aria-label]")) {
      const name = names[element.getAttribute("aria-label")];
      if (name) element.setAttribute("aria-label", name);
    }
    const skip = document.querySelector('a[href="#stMain"]');
    if (skip && names[skip.textContent]) skip.textContent = names[skip.textContent];
  }

  // An answer is complete when its last element, the announcement, stands in the page.
  function announce() {
    const all = [...document.querySelectorAll(".announce")];
    if (!all.length) { // a new or erased conversation: nothing of the old one is left to read
      if (spoken) live.textContent = "";
      spoken = 0;
      return;
    }
    const turn = (element) => Number(element.dataset.turn);
    const latest = all.reduce((one, other) => (turn(other) > turn(one) ? other : one));
    if (turn(latest) <= spoken) return;
    spoken = turn(latest);
    live.lang = latest.lang;
    live.textContent = latest.textContent;
    if (latest.dataset.view === "question") toQuestion();
  }

  // A new answer is read from its start: the question moves to the top of the screen. Focus goes
  // with it where it would be lost, as with a suggestion that was tapped and is gone.
  function toQuestion() {
    const asked = document.querySelectorAll(".question");
    const last = asked[asked.length - 1];
    if (!last) return;
    const focus = free();
    if (focus) last.tabIndex = -1;
    hold(last, { focus });
  }

  // Whether focus was lost, or is on what keeps the keyboard of a phone over the answer: an input in
  // which nothing is being typed.
  function free() {
    const held = document.activeElement;
    return lost() || (touched() && held.matches("textarea") && !held.value);
  }

  // Who does not see that the articles are being looked through hears it, when it takes longer than
  // a moment.
  let waiting = 0;
  function wait() {
    const step = document.querySelector(".step");
    if (step && !waiting) {
      waiting = setTimeout(() => {
        live.lang = document.documentElement.lang;
        live.textContent = step.textContent;
      }, 500);
    } else if (!step && waiting) {
      clearTimeout(waiting);
      waiting = 0;
      live.textContent = "";
    }
  }

  function card() {
    const element = document.querySelector(".card[data-shown]");
    const shown = element ? Number(element.dataset.shown) : 0;
    if (element && shown > cards) hold(element, { focus: true });
    cards = shown;
  }

  // Whoever edits the last question goes on typing where its words now stand. The input takes focus
  // as soon as Streamlit, which may still be drawing the answer before, lets go of it. Who leaves it
  // by its button, which is gone then, is back at the button that began it.
  function edit() {
    const now = Boolean(document.querySelector(".st-key-editing"));
    if (now && !editing) {
      insist(() => {
        if (!document.querySelector(".st-key-editing")) return true;
        const area = input();
        if (area) area.focus();
        return area && document.activeElement === area;
      });
    }
    if (!now && editing && opener === "st-key-editing-end") {
      insist(() => {
        if (!lost()) return true;
        const button = document.querySelector('[class*="st-key-edit-last-"] button');
        if (button) button.focus({ preventScroll: true });
        return false;
      });
    }
    if (!now && editing && draft) restore(draft);
    editing = now;
  }

  const input = () => document.querySelector('[data-testid="stChatInput"] textarea');

  // Puts a draft back into the input, which Streamlit empties about now.
  function restore(text) {
    draft = "";
    const until = performance.now() + 1000;
    insist(() => {
      const area = input();
      if (area && !area.value) {
        const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
        set.call(area, text); // as if it were typed: React looks at nothing else
        area.dispatchEvent(new Event("input", { bubbles: true }));
      }
      return performance.now() > until;
    });
  }

  // Focus returns to the button that opened a panel. The button may have been drawn anew meanwhile,
  // so it is known by its key.
  addEventListener("click", (event) => {
    const button = event.target.closest('[class*="st-key-"] button');
    if (!button || button.closest('[role="dialog"]')) return;
    opener = keyOf(button.closest('[class*="st-key-"]'));
    if (opener.startsWith("st-key-edit-last-")) draft = input() ? input().value : "";
    if (opener === "st-key-erase") draft = "";
    const row = button.closest('[class*="st-key-offers-"], [class*="st-key-reasons-"]');
    answered = row ? keyOf(row).split("-").pop() : "";
  }, { capture: true });

  const keyOf = (element) => [...element.classList].find((name) => name.startsWith("st-key-"));

  // What was pressed below an answer may go and something else come: focus stays with that answer.
  function stay() {
    if (!answered || !lost()) return;
    if (document.querySelector(`.${CSS.escape(opener)} button`)) return;
    const next = [`.st-key-reasons-${answered}`, `.st-key-kept-${answered}`, `.st-key-offers-${answered}`]
      .map((row) => document.querySelector(`${row} button`)).find(Boolean);
    if (next) next.focus({ preventScroll: true });
    answered = "";
  }

  const touched = () => matchMedia("(pointer: coarse)").matches;

  // A stopped question offers to be asked again, and a conversation that begins anew its input; on a
  // phone not, where the keyboard would cover what there is to read.
  function goOn() {
    const stopped = opener.startsWith("st-key-stop-");
    const begun = opener === "st-key-new" || opener === "st-key-erase";
    if (!(stopped || begun) || document.querySelector(`.${CSS.escape(opener)} button`)) return;
    const again = [...document.querySelectorAll('[class*="st-key-again-"] button')].pop();
    const next = stopped ? again : input();
    if (!next) return;
    opener = "";
    if (lost() && (stopped || !touched())) next.focus({ preventScroll: true });
    if (!stopped) return;
    const said = [...document.querySelectorAll(".aside")].pop();
    live.lang = document.documentElement.lang;
    live.textContent = said ? said.textContent : "";
  }

  // What scrolls in a panel can be reached, and so be scrolled, by keyboard.
  function enter(inside) {
    let area = inside;
    while (area && !/auto|scroll/.test(getComputedStyle(area).overflowY)) area = area.parentElement;
    if (!area || (area.tabIndex >= 0 && !lost())) return;
    area.tabIndex = 0;
    area.focus({ preventScroll: true });
  }

  function giveBack() {
    const button = opener && document.querySelector(`.${CSS.escape(opener)} button`);
    if (button) button.focus({ preventScroll: true });
  }

  // A source opens at the quoted words. "Back" closes a sheet, as people expect on a phone.
  function openSheet() {
    const open = document.querySelector(".sheet");
    if (open && !sheet) history.pushState({ sheet: true }, "");
    if (open && open !== sheet) {
      const mark = open.querySelector("mark");
      if (mark) requestAnimationFrame(() => mark.scrollIntoView({ block: "center" }));
    }
    // Whose focus was on a button that is gone now stays in the panel, and Escape still leaves it.
    if (open && (open !== sheet || lost())) enter(open);
    if (!open && sheet) {
      if (history.state && history.state.sheet) history.back();
      giveBack();
    }
    sheet = open;
  }

  addEventListener("popstate", () => {
    const close = sheet && document.querySelector('[role="dialog"] > button');
    if (close) close.click();
  });

  // Escape leaves what is innermost: a sheet (Streamlit closes it), the editing of a question, then
  // the panel on another website. The message to that says nothing else, so any page may get it.
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector('[role="dialog"]')) return;
    const leave = document.querySelector(".st-key-editing-end button");
    if (leave) { leave.click(); return; }
    if (parent === window) return;
    parent.postMessage("practice-assistant:close", "*");
  }, { capture: true });
  // Copy, print, save and share happen here and only here: the server never hears of them.
  const acts = {
    copy: (button) => copy(text(button)).then(
      () => report(button, button.dataset.done), () => report(button, button.dataset.failed)),
    print: () => print(),
    save: (button) => {
      const file = new Blob([beside(button, ".as-page")], { type: "text/html" });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = button.dataset.file;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it later
    },
    share: (button) => navigator.share({ title: button.dataset.title, text: text(button) })
      .catch(() => {}), // the visitor thought better of it
  };

  const beside = (button, what) => button.closest(".tools").querySelector(what).textContent;
  const text = (button) => beside(button, ".as-text");

  // Pages without https, and pages in a frame that was not allowed to, have no clipboard.
  async function copy(words) {
    if (navigator.clipboard) {
      try { return await navigator.clipboard.writeText(words); } catch { /* the older way, below */ }
    }
    const held = document.activeElement;
    const area = document.createElement("textarea");
    area.value = words;
    (document.querySelector('[role="dialog"]') || document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (held) held.focus();
    if (!done) throw new Error("not copied");
  }

  // The button says what came of it, for a while; so does the screen reader.
  function report(button, outcome) {
    const name = button.textContent;
    if (name === outcome) return;
    live.lang = document.documentElement.lang;
    button.textContent = live.textContent = outcome;
    setTimeout(() => { button.textContent = name; }, 2500);
  }

  addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) acts[button.dataset.act](button);
  });

  document.documentElement.classList.toggle("can-share", Boolean(navigator.share));

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      language();
      card();
      wait();
      announce();
      openSheet();
      edit();
      stay();
      goOn();
    });
  }).observe(document.body, { childList: true, subtree: true, attributes: true,
    attributeFilter: ["data-shown", "data-turn", "data-language"] });
  language();
})();
