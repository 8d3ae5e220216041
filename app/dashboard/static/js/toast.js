// Short messages in the corner: one a subject, gone after a while.

import { fromTemplate, say, setIcon } from "./page.js";

const STAYS_MS = 8_000;
const shown = new Map();

/** Says something; a toast with the same title is replaced. Critical ones are read out at once. */
export function toast(kind, title, detail = "", icon = kind) {
  const area = document.getElementById(kind === "critical" ? "toasts-assertive" : "toasts-polite");
  shown.get(title)?.remove();
  const element = fromTemplate("toast");
  element.classList.add(kind === "critical" ? "error" : kind);
  setIcon(element.querySelector(".icon"), icon);
  say(element.querySelector(".title"), title);
  say(element.querySelector(".sub"), detail);
  const close = () => {
    element.remove();
    if (shown.get(title) === element) shown.delete(title);
  };
  element.querySelector("button").addEventListener("click", close);
  setTimeout(close, STAYS_MS);
  shown.set(title, element);
  area.append(element);
}
