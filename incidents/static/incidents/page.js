// The acknowledge page answers in place where script runs; without it the same forms load the page again.
document.addEventListener("submit", async (event) => {
  const form = event.target, button = event.submitter;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  const was = button && button.textContent;
  if (button) { button.setAttribute("aria-busy", "true"); button.textContent = document.body.dataset.sending; }
  const data = new URLSearchParams(new FormData(form));
  if (button && button.name) data.set(button.name, button.value);
  try {
    const answer = await fetch(location.href, { method: "POST", body: data });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    document.title = page.title;
    document.querySelector("main").focus();
  } catch {
    delete form.dataset.busy;
    if (button) { button.removeAttribute("aria-busy"); button.textContent = was; }
    document.querySelector("#failed").hidden = false;
  }
});
