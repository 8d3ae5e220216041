// The history: a filter takes effect when it is chosen, a search goes on by itself until it has found something, and
// events can be pointed at.

import "./shell.js";
import "./event-rows.js";
import "./export.js";
import "./new-events.js";
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

const further = () => document.querySelector("#found [data-further]");

/** Offers to stop, or to go on; a button that has come anew keeps the focus of the one before. */
function offer(isOn, hasFocus = false) {
  const [link, stop] = [further(), document.querySelector("#found [data-stop]")];
  if (!link) return;
  link.hidden = isOn;
  stop.hidden = !isOn;
  if (hasFocus) (isOn ? stop : link).focus();
}

/** Waits until somebody can see the page. */
function inSight() {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    look();
  });
}

/** The page there; null if it can't be had, or the session has ended. */
async function read(address, signal) {
  const response = await fetch(address, { signal }).catch(() => null);
  const text = response?.ok && !response.redirected ? await response.text().catch(() => null) : null;
  return text === null ? null : new DOMParser().parseFromString(text, "text/html");
}

/** Shows page after page of a search that has looked at much and found nothing so far, until somebody stops it. */
async function goOn() {
  const call = new AbortController();
  const hasFocus = () => document.activeElement.matches("[data-stop]");
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-stop]")) call.abort();
  });
  offer(true);
  for (let link = further(); link; link = further()) {
    await inSight();
    const found = call.signal.aborted ? null : await read(link.href, call.signal);
    if (!found) break;
    const wasOn = hasFocus();
    for (const id of ["found", "paging"]) document.getElementById(id).replaceWith(found.getElementById(id));
    offer(true, wasOn);
    showTimes(document.getElementById("found"));
    offerAddresses(document.getElementById("found"));
    history.replaceState(null, "", link.href);
  }
  offer(false, hasFocus());
}

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
