// Forms answer in place, and the page follows what others do: every 5 seconds, conditionally (304), never moving
// the focus and never replacing a field that is being typed in. Without this file the same forms load the page.
(() => {
  "use strict";
  const htmx = window.htmx;
  Object.assign(htmx.config, {
    includeIndicatorStyles: false, allowEval: false, historyEnabled: false, scrollIntoViewOnBoost: false,
    timeout: 20000,
    responseHandling: [
      { code: "(204|304)", swap: false },
      { code: "[23]..", swap: true },
      { code: "4(00|03|09|22)", swap: true, error: false },
      { code: "[45]..", swap: false, error: true },
    ],
  });

  const live = () => document.getElementById("live") || document.getElementById("now");
  // What only turns a page of a sheet is no field.
  const FIELDS = "input:not([type=hidden], [data-tab]), textarea, select";
  let etag = "", answered = null, opener = null;

  // --- replacing what changed ------------------------------------------------------------------------------
  const changed = (field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT" ? [...field.options].some((o) => o.selected !== o.defaultSelected && o.defaultSelected)
        : field.value !== field.defaultValue;
  const inUse = (region) =>
    region.matches(".sheet:target") ||
    (region.contains(document.activeElement) && document.activeElement.matches(FIELDS)) ||
    [...region.querySelectorAll(FIELDS)].some(changed);
  // Tokens differ in every answer and mean nothing to the reader.
  const bare = (node) => node.outerHTML.replace(/name="(csrfmiddlewaretoken|once)" value="[^"]*"/g, "");

  function replace(now, next) {
    if (bare(now) === bare(next)) return null;
    const focused = now.contains(document.activeElement) ? document.activeElement.id : "";
    for (const fold of now.querySelectorAll("details[id]")) {
      const same = next.querySelector(`#${CSS.escape(fold.id)}`);
      // What somebody opened or closed stays so, until it becomes (or was) the present step.
      if (same && same.dataset.step === fold.dataset.step) same.open = fold.open;
    }
    const part = now.querySelector(".tl-part"), at = part && part.scrollTop;
    now.replaceWith(next);
    if (at) next.querySelector(".tl-part").scrollTop = at;
    if (focused) {
      const again = document.getElementById(focused) || next;
      if (again === next) next.setAttribute("tabindex", "-1");
      again.focus({ preventScroll: true });
    }
    return next;
  }

  function refused(fragment) {
    const words = fragment.querySelector("[data-refused]");
    if (!words) return false;
    const form = answered && answered.closest("form");
    if (form) {
      form.querySelectorAll("[data-refused]").forEach((old) => old.remove());
      form.prepend(words);
      words.scrollIntoView({ block: "nearest" });
    } else say(words.textContent, true);
    return true;
  }

  htmx.defineExtension("live", {
    isInlineSwap: (style) => style === "live",
    handleSwap(style, target, fragment) {
      if (style !== "live") return false;
      if (refused(fragment)) return [];
      const mine = answered && answered.matches("form");
      if (mine) {
        answered.reset();
        if (answered.closest(".sheet:target")) closeSheet();
      }
      const fresh = [];
      for (const next of [...fragment.querySelectorAll("[data-live][id]")]) {
        const now = document.getElementById(next.id);
        if (!now || inUse(now)) continue;
        const done = replace(now, next);
        if (done) fresh.push(done);
      }
      const head = document.getElementById("r-head");
      if (head) document.title = head.dataset.title;
      said(fragment, mine);
      tick();
      return fresh;
    },
  });

  // --- what happened, in words -------------------------------------------------------------------------------
  let quiet = 0, seen = Number((document.getElementById("r-latest") || { dataset: {} }).dataset.id || 0);
  function say(words, bad) {
    const toast = document.getElementById("toast");
    if (!toast || !words) return;
    toast.textContent = words;
    toast.classList.toggle("bad", Boolean(bad));
    clearTimeout(quiet);
    quiet = setTimeout(() => { toast.textContent = ""; }, bad ? 12000 : 5000);
  }
  function said(fragment, mine) {
    const answer = fragment.querySelector("[data-said]");
    const latest = document.getElementById("r-latest");
    const id = latest ? Number(latest.dataset.id) : 0;
    if (answer) say(answer.textContent, false);
    else if (!mine && id > seen && !latest.dataset.mine) say(latest.textContent, false);
    seen = Math.max(seen, id);
  }

  // --- requests --------------------------------------------------------------------------------------
  const isPoll = (element) => element === live();
  document.addEventListener("htmx:configRequest", (event) => {
    const shown = document.getElementById("r-time");
    if (shown && event.detail.verb === "post") Object.assign(event.detail.parameters, { rows: shown.dataset.rows, show: shown.dataset.show });
    if (!isPoll(event.target)) return;
    if (etag) event.detail.headers["If-None-Match"] = etag;
    if (shown) Object.assign(event.detail.parameters, { rows: shown.dataset.rows, show: shown.dataset.show });
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isPoll(event.target)) {
      if (document.hidden) event.preventDefault();
      return;
    }
    const by = event.detail.requestConfig.triggeringEvent && event.detail.requestConfig.triggeringEvent.submitter;
    if (by && live() && live().dataset.sending) {
      by.dataset.words = by.innerHTML;
      by.textContent = live().dataset.sending;
      by.setAttribute("aria-busy", "true");
    }
  });
  // A poll and a form may be under way at once: whose answer it is decides what is closed and reset.
  document.addEventListener("htmx:beforeSwap", (event) => { answered = event.detail.requestConfig.elt; });
  document.addEventListener("htmx:afterRequest", (event) => {
    const answer = event.detail.xhr;
    if (answer && answer.status) {
      if (answer.getResponseHeader("ETag")) etag = answer.getResponseHeader("ETag");
      connected(answer.status < 500 && answer.status !== 404);
    }
    if (isPoll(event.target)) return;
    for (const by of event.target.querySelectorAll("[aria-busy]")) {
      by.removeAttribute("aria-busy");
      if (by.dataset.words) by.innerHTML = by.dataset.words;
    }
  });
  // Leaving the page aborts what was asked: that is no failure, these are.
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      connected(false);
      if (!isPoll(event.target) && live()) say(live().dataset.notSent, true);
    });
  }
  function connected(yes) {
    const state = document.getElementById("r-state");
    if (!state) return;
    const words = state.querySelector(".words");
    if (!words.dataset.on) words.dataset.on = words.textContent;
    state.classList.toggle("off", !yes);
    words.textContent = yes ? words.dataset.on : words.dataset.off;
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && live()) htmx.trigger(live(), "muster:refresh");
  });

  // --- the clock -------------------------------------------------------------------------------------------------
  // The server's clock counts, not the phone's.
  const drawn = document.querySelector("[data-now]");
  const ahead = drawn ? new Date(drawn.dataset.now) - Date.now() : 0;
  function tick() {
    const age = document.querySelector("[data-since]");
    if (!age || age.dataset.until) return;
    const minutes = Math.max(0, Math.floor((Date.now() + ahead - new Date(age.dataset.since)) / 60000));
    if (minutes >= 48 * 60) return;
    const words = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    if (age.textContent !== words) age.textContent = words;
    document.title = document.title.replace(/^\S+/, words);
  }
  if (document.querySelector("[data-since]")) setInterval(tick, 10000);
  document.addEventListener("click", (event) => {
    const time = event.target.closest("time");
    if (!time || time.closest("a, button, summary")) return;
    const words = time.textContent;
    time.textContent = time.dataset.other || time.title.slice(11, 16) + " UTC";
    time.dataset.other = words;
  });

  // --- sheets ------------------------------------------------------------------------------------------------------
  function closeSheet() { location.replace("#done"); }
  function sheetMoved() {
    const sheet = document.querySelector(".sheet:target");
    for (const part of document.querySelectorAll("#live > header, #live > main")) part.inert = Boolean(sheet);
    if (sheet) {
      const asked = opener ? opener.dataset : {};
      const [name, value] = asked.role ? ["role", asked.role] : (asked.pick || ":").split(":");
      const radio = value && sheet.querySelector(`[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`);
      if (radio) radio.checked = true;
      (sheet.querySelector("textarea, input[type=text], button.main, button") || sheet).focus({ preventScroll: true });
    } else if (opener) {
      const back = (opener.id && document.getElementById(opener.id)) || opener;
      if (back.isConnected) back.focus({ preventScroll: true });
      opener = null;
    }
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#sheet-"]');
    if (link && !link.closest(".sheet")) opener = link;
    const step = event.target.closest('a[href^="#r-"]'), place = step && document.getElementById(step.hash.slice(1));
    const fold = place && place.closest("details");
    if (fold) fold.open = true;
  });
  window.addEventListener("hashchange", sheetMoved);
  if (location.hash.startsWith("#sheet-")) sheetMoved();

  // --- keys ----------------------------------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.querySelector(".sheet:target")) { closeSheet(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches(FIELDS) || document.querySelector(".sheet:target")) return;
    const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); opener = link; location.hash = link.hash; }
  });

  // How many are ticked stands on the button.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form");
    const button = form && form.querySelector("[data-count]");
    if (!button) return;
    if (!button.dataset.none) button.dataset.none = button.textContent;
    const names = button.dataset.count.split(" ");
    const n = [...form.querySelectorAll("input:checked")].filter((field) => names.includes(field.name))
      .reduce((sum, field) => sum + Number(field.dataset.people || 1), 0);
    button.textContent = n === 0 ? button.dataset.none : n === 1 ? button.dataset.countOne : button.dataset.countMany.replace("{n}", n);
  });
})();
