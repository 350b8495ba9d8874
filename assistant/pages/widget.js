// The chat on any page of a website. One line puts it there:
//   <script src="https://chat.example.org/widget.js" async></script>
// Takes no data from the page and loads the chat only when a visitor opens it. Remembered for
// this tab: whether it was open.
(() => {
  if (window.practiceAssistant) return;
  window.practiceAssistant = true;

  const chat = new URL("/", document.currentScript.src);
  const labels = /*LABELS*/ {};
  const language = document.documentElement.lang.toLowerCase().startsWith("es") ? "es" : "en";
  const say = labels[language];
  const KEY = "practice-assistant";

  // A browser may forbid storage; then nothing is remembered, and that is all.
  const remember = (state) => { try { sessionStorage.setItem(KEY, state); } catch { /* as said */ } };
  const remembered = () => { try { return sessionStorage.getItem(KEY); } catch { return null; } };

  const host = document.createElement("div");
  // Fixed to nothing and without size: the page's own layout is left as it is.
  host.style.cssText = "all: initial; position: absolute;";
  host.lang = language;
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // the page's own style rules do not reach in here
  sheet.replaceSync(`
    :host { --accent: #1d5c57; --on-accent: #fff; --ground: #fbfaf6; --ink: #1d2a2c; --line: #cfd8d2; }
    @media (prefers-color-scheme: dark) {
      :host { --accent: #8fd0c4; --on-accent: #0d1f1d; --ground: #11191b; --ink: #e7edea; --line: #364548; }
    }
    button { font: 600 1rem/1.2 system-ui, sans-serif; cursor: pointer; }
    button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; box-shadow: 0 0 0 2px var(--ground); }
    .open {
      position: fixed; z-index: 2147483000;
      right: calc(1rem + env(safe-area-inset-right)); bottom: calc(1rem + env(safe-area-inset-bottom));
      display: inline-flex; align-items: center; gap: .5rem; min-height: 3rem; max-width: calc(100vw - 2rem);
      padding: .6rem 1.2rem; border: 1px solid var(--ground); border-radius: 999px;
      background: var(--accent); color: var(--on-accent); box-shadow: 0 2px 12px #0004;
    }
    dialog {
      box-sizing: border-box; position: fixed; inset: auto 1rem 1rem auto; margin: 0; padding: 0;
      width: min(27rem, 100vw - 2rem); max-width: none;
      height: min(46rem, 100dvh - 2rem); max-height: none;
      border: 1px solid var(--line); border-radius: 1rem; overflow: hidden;
      background: var(--ground); color: var(--ink); box-shadow: 0 8px 40px #0006;
    }
    dialog[open] { display: flex; flex-direction: column; }
    dialog::backdrop { background: #0006; }
    header { display: flex; align-items: center; justify-content: space-between; gap: .5rem;
      padding: .25rem .25rem .25rem 1rem; border-bottom: 1px solid var(--line); }
    h2 { margin: 0; font: 600 1rem/1.3 system-ui, sans-serif; }
    .close { min-width: 2.75rem; min-height: 2.75rem; border: 0; border-radius: .75rem;
      background: none; color: inherit; font-size: 1.5rem; line-height: 1; }
    .close:hover { background: var(--line); }
    iframe { flex: 1; width: 100%; border: 0; background: var(--ground); }
    @media (max-width: 40rem), (max-height: 30rem) {
      dialog { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; }
    }
    @media (forced-colors: active) { button, dialog { border: 1px solid; } }
    @media print { .open, dialog[open] { display: none; } }
  `);
  root.adoptedStyleSheets = [sheet];

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.append(...children);
    return element;
  };
  const title = make("h2", { id: "title" }, say.title);
  const close = make("button", { type: "button", class: "close", "aria-label": say.close }, "×");
  const dialog = make("dialog", { "aria-labelledby": "title" }, make("header", {}, title, close));
  const open = make("button", { type: "button", class: "open", "aria-haspopup": "dialog" }, say.open);
  root.append(open, dialog);

  let frame = null;
  function show() {
    if (!frame) {
      frame = make("iframe", { title: say.title, src: chat.href, referrerpolicy: "no-referrer",
        allow: "clipboard-write; web-share" });
      dialog.append(frame);
    }
    // A modal dialog keeps focus inside, closes with Escape and gives focus back to the button.
    if (!dialog.open) dialog.showModal();
    remember("open");
  }

  open.addEventListener("click", show);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { remember("closed"); open.focus(); });
  // Keys pressed inside the chat stay there; it tells us of an Escape that it has no use for.
  addEventListener("message", (event) => {
    const ours = frame && event.source === frame.contentWindow && event.origin === chat.origin;
    if (ours && event.data === "practice-assistant:close") dialog.close();
  });

  const start = () => {
    document.body.append(host);
    if (remembered() === "open") show();
  };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start, { once: true });
})();
