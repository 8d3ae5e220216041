// Keys. An element that a key presses says so by `aria-keyshortcuts`; by `data-keys` if it takes two keys in a row, or if ARIA
// writes the key in another way; what keys do beyond that is told by `onKeys`. Of all these, `?` prints its list. They are off while somebody types, in dialogs, and
// for whoever has switched them off.

import { word } from "./page.js";

const OFF = "keys";
const SOON_MS = 1_500; // in which the second key of two has to come
const dialog = document.getElementById("keys");
const switched = document.getElementById("keys-on");
const told = [];
let first = { key: "", at: 0 };

/**
 * Says what keys do: a label for the list, and key to work; without work, a key is listed and heard elsewhere.
 */
export function onKeys(label, works) {
  told.push({ label, works });
}

const keyOf = (element) => element.dataset.keys ?? element.getAttribute("aria-keyshortcuts");
const marked = () => [...document.querySelectorAll("[aria-keyshortcuts], [data-keys]")]
  .filter((element) => element.checkVisibility() && !element.matches("[aria-disabled=true]"));

/** What an element is called; the keys that its text names are none of its name. */
function nameOf(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, [hidden], [data-n]").forEach((one) => one.remove());
  return element.getAttribute("aria-label") ?? copy.textContent.trim();
}

/** Presses the element of that key: the one beside what has the focus, else the first. False if there is none. */
function press(key) {
  const all = marked().filter((element) => keyOf(element) === key);
  const place = document.activeElement.closest("tr, li");
  const element = all.find((one) => place?.contains(one)) ?? all[0];
  if (element?.matches("nav")) next([...element.querySelectorAll("a")]);
  else if (element) {
    if (element.matches("input, summary")) element.focus(); // what follows is typed there, or chosen below it
    if (element.matches("input")) element.select();
    else element.click();
  }
  return Boolean(element);
}

/** The focus goes to the next of a few links, beginning with the one that is on. */
function next(links) {
  const at = links.indexOf(document.activeElement);
  const from = links.findIndex((link) => link.matches("[aria-current]"));
  links[at < 0 ? Math.max(0, from) : (at + 1) % links.length]?.focus();
}

/** Whether somebody writes a character; with AltGr some keyboards write brackets. */
function isPlain(event) {
  const altGr = event.getModifierState("AltGraph");
  return !event.metaKey && !event.isComposing && (altGr || (!event.ctrlKey && !event.altKey));
}

const isTyped = ({ target }) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select");

function onKey(event) {
  if (event.defaultPrevented || !isPlain(event) || isTyped(event) || document.querySelector("dialog[open]")) return;
  if (!switched.checked) return;
  const pair = event.timeStamp - first.at < SOON_MS ? `${first.key} ${event.key}` : "";
  first = { key: event.key, at: event.timeStamp };
  const work = told.map(({ works }) => works[event.key]).find(Boolean);
  if (press(pair) || press(event.key)) event.preventDefault();
  else if (work) {
    if (event.key.length === 1) event.preventDefault(); // End and its like go on moving the page, or what has the focus
    work();
  }
}

function row(keys, label) {
  const [name, what] = [document.createElement("dt"), document.createElement("dd")];
  for (const key of keys) {
    const shown = document.createElement("kbd");
    shown.textContent = key;
    name.append(shown);
  }
  what.textContent = label;
  return [name, what];
}

/** The list, of what there is on this page now: what it presses, what it does, where it leads. */
function showKeys() {
  if (document.querySelector("dialog[open]")) return;
  const names = new Map(marked().map((element) => [keyOf(element), nameOf(element)]));
  names.delete("?"); // a key of its own below, also where the menu is open that shows it
  const pressed = [...names].map(([keys, label]) => row(keys.split(" "), label));
  const isPair = ([name]) => name.childElementCount > 1;
  const works = told.map((one) => row(Object.keys(one.works), one.label));
  const rows = [...pressed.filter((one) => !isPair(one)), ...works, ...pressed.filter(isPair)];
  dialog.querySelector("dl").replaceChildren(...rows.flat());
  dialog.showModal();
}

// Rows: the focus goes from one to the next, to what opens it.
const OPENS = ".event-body > summary, a[href]";

function step(by) {
  const rows = [...document.querySelectorAll("main tbody tr, main .incident")].filter((one) => one.checkVisibility());
  const targets = rows.map((one) => (one.matches("a") ? one : one.querySelector(OPENS))).filter(Boolean);
  const here = document.activeElement.closest("tr, .incident");
  const at = targets.findIndex((target) => here?.contains(target));
  targets[at < 0 ? 0 : Math.min(targets.length - 1, Math.max(0, at + by))]?.focus();
}

const SEARCH = "#search";

onKeys(word("rowsByKey"), { j: () => step(1), k: () => step(-1) });
if (!document.querySelector(SEARCH)) onKeys(word("searchHistory"), { "/": () => location.assign(`/events${SEARCH}`) });
onKeys(word("keyList"), { "?": showKeys });
if (location.hash === SEARCH) document.querySelector(SEARCH)?.select();

switched.checked = localStorage.getItem(OFF) !== "off";
switched.addEventListener("change", () => {
  if (switched.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "off");
});
const opener = document.getElementById("show-keys");
opener.addEventListener("click", showKeys);
opener.hidden = false;
document.addEventListener("keydown", onKey);
