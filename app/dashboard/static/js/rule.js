// The form of a rule: it shows the fields of the chosen condition, and what the rule would do while it is written.

import "./shell.js";
import { showTimes } from "./format.js";

const PAUSE_MS = 400;
const form = document.getElementById("rule");
const told = document.getElementById("told");
let timer = 0;
let newest = 0;

function showParts() {
  const kind = form.elements.on.value;
  form.querySelectorAll("[data-on]").forEach((part) => {
    const kinds = part.dataset.on.split(" ");
    delete part.dataset.off;
    part.hidden = !(kinds.includes(kind) || (kinds.includes("events") && kind !== "metric"));
  });
}

/** Asks the server what it makes of what is written; of several answers the newest question's counts. */
async function look() {
  newest += 1;
  const mine = newest;
  const body = new FormData(form);
  body.set("act", "check");
  told.setAttribute("aria-busy", "true");
  const answer = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "text/html" } }).catch(() => null);
  if (mine !== newest) return;
  told.removeAttribute("aria-busy");
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("told");
  if (!fresh || mine !== newest) return;
  told.replaceChildren(...fresh.childNodes);
  showTimes(told);
}

form.addEventListener("input", () => {
  showParts();
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
});
showParts();
