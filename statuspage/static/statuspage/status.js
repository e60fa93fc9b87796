/* What the page can do better with a script. Without it nothing is missing. */
(() => {
  "use strict";
  const lang = document.documentElement.lang.replace(/^en$/, "en-GB"); // day before month, as in the page
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "always", style: "short" });
  const dayName = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });

  /* "5 min ago" beside times of the last day, "in 12 min" beside a promise that is not past. */
  function ages() {
    for (const age of document.querySelectorAll("[data-age]")) {
      const minutes = Math.round((Date.parse(age.dataset.age) - Date.now()) / 6e4);
      const wanted = "promise" in age.dataset ? minutes > 0 : minutes <= 0 && minutes > -1440;
      const words = Math.abs(minutes) < 60 ? relative.format(minutes, "minute") : relative.format(Math.round(minutes / 60), "hour");
      age.textContent = wanted ? words.replace(/\./g, "") : "";
    }
  }

  /* One tab stop per drawing; arrows, a tap or the mouse read a day. */
  function readable(bars) {
    const svg = bars.querySelector("svg"), box = svg.viewBox.baseVal, count = box.width / 8;
    const part = bars.closest(".part"), reading = part.querySelector(".reading");
    const bad = new Map();
    for (const li of part.querySelectorAll("li[data-days]")) {
      const [from, to] = li.dataset.days.split(" ");
      for (let day = +from; day <= +to; day++) bad.set(day, li.textContent);
    }
    const first = Date.parse(bars.dataset.first + "T00:00Z");
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "path");
    mark.setAttribute("class", "b-at");
    let at = count - 1;
    const from = () => (svg.getBoundingClientRect().width > bars.clientWidth * 1.5 ? count - 30 : 0);
    function read(day) {
      at = Math.max(from(), Math.min(count - 1, day));
      const name = dayName.format(first + at * 864e5);
      reading.textContent = bad.get(at) || name + ": " + (at < +bars.dataset.known ? bars.dataset.none : bars.dataset.ok);
      mark.setAttribute("d", `M${at * 8 + 0.2} 0h7.6v40.5h-7.6z`);
      svg.append(mark);
    }
    function clear() {
      reading.textContent = "";
      mark.remove();
    }
    const under = (event) => Math.floor(((event.clientX - svg.getBoundingClientRect().left) / svg.getBoundingClientRect().width) * count);
    bars.tabIndex = 0;
    bars.setAttribute("role", "group");
    bars.setAttribute("aria-label", bars.dataset.label);
    bars.addEventListener("focus", () => read(at));
    bars.addEventListener("blur", clear);
    bars.addEventListener("pointermove", (event) => event.pointerType === "mouse" && read(under(event)));
    bars.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && document.activeElement !== bars && clear());
    bars.addEventListener("click", (event) => read(under(event)));
    bars.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -count, End: count }[event.key];
      if (!step) return;
      event.preventDefault();
      read(at + step);
    });
  }

  function start() {
    ages();
    document.querySelectorAll(".bars").forEach(readable);
  }

  /* A page left open shows what is new, unless somebody is at work in it. */
  async function refresh() {
    const main = document.getElementById("main"), made = document.documentElement.dataset;
    if (document.hidden || main.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.pathname, { cache: "no-cache" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (fresh.documentElement.dataset.made === made.made) return;
      const open = [...main.querySelectorAll("details")].map((details) => details.open);
      main.replaceChildren(...fresh.getElementById("main").children);
      const now = [...main.querySelectorAll("details")];
      if (now.length === open.length) now.forEach((details, number) => (details.open = open[number]));
      made.made = fresh.documentElement.dataset.made;
      document.title = fresh.title;
      start();
    } catch {
      /* Not reachable just now: the page says as of when it speaks. */
    }
  }

  start();
  setInterval(() => refresh().then(ages), 30000);
})();
