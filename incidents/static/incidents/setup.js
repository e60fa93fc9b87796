// Copies an address or a snippet, and asks for what came of a test until it is there. Without this file the words
// are selected by hand, and a link looks again.
(() => {
  "use strict";
  const select = (node) => {
    const range = document.createRange(), chosen = window.getSelection();
    range.selectNodeContents(node);
    chosen.removeAllRanges();
    chosen.addRange(range);
  };
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const node = document.getElementById(button.dataset.copy);
      select(node);
      // Without HTTPS there is no clipboard: then it is selected, to be copied by hand.
      if (!navigator.clipboard) return;
      await navigator.clipboard.writeText(node.textContent);
      const was = button.firstChild.textContent;
      button.firstChild.textContent = button.dataset.done;
      setTimeout(() => { button.firstChild.textContent = was; }, 2000);
    });
  }
  const again = async (tries) => {
    const node = document.getElementById("test-result");
    if (!node || !node.dataset.again || tries <= 0) return;
    try {
      const answer = await fetch(node.dataset.again, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = page.getElementById("test-result");
        if (next && !next.dataset.again) { node.replaceChildren(...next.childNodes); return; }
      }
    } catch { /* the next try says more */ }
    setTimeout(again, 1000, tries - 1);
  };
  setTimeout(again, 500, 60);
})();
