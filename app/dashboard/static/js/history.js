// The history: a filter takes effect when it is chosen, a search goes on by itself until it has found something, and
// events can be pointed at.

import "./shell.js";
import "./export.js";
import { showTimes } from "./format.js";

const form = document.getElementById("filters");

const isFilled = (field) => !field.name || field.type === "checkbox" || field.value !== "";

/** Buttons that copy an event's address; `copy.js` does the copying. */
function offerAddresses(root) {
  for (const button of root.querySelectorAll("[data-copy-address]")) {
    button.dataset.copy = new URL(button.dataset.copyAddress, location).href;
    button.hidden = false;
  }
  for (const button of root.querySelectorAll(".code-wrap > .button")) button.hidden = false;
}

/** Shows page after page of a search that has looked at much and found nothing so far. */
async function goOn() {
  for (let link = further(); link; link = further()) {
    const response = await fetch(link.href);
    if (!response.ok) return;
    const found = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const id of ["found", "paging"]) document.getElementById(id).replaceWith(found.getElementById(id));
    showTimes(document.getElementById("found"));
    offerAddresses(document.getElementById("found"));
    history.replaceState(null, "", link.href);
  }
}

const further = () => document.querySelector("#found [data-further]");

if (form) {
  document.addEventListener("change", ({ target }) => {
    if (target.form === form && target.matches("select, [type=checkbox]")) form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    // An empty filter has no place in the address.
    for (const field of form.elements) field.disabled = !isFilled(field);
  });
  addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
  });
  goOn();
}

offerAddresses(document);
