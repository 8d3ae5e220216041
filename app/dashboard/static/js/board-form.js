// The form of what belongs to a dashboard as a whole: its name, how often it is renewed, its theme and colours.

import { fromTemplate, word } from "./page.js";
import { ask } from "./form.js";

const dialog = document.getElementById("board-form");
const form = dialog.querySelector("form");
const rows = dialog.querySelector("[data-colours]");
const SECOND_MS = 1_000;
const FIRST_COLOUR = "#0d8c94";

const nameOf = (row) => row.querySelector("[name=colourName]");
const valueOf = (row) => row.querySelector("[name=colour]");

function addRow(name, colour) {
  const row = fromTemplate("colour");
  nameOf(row).value = name;
  valueOf(row).value = colour;
  row.querySelector("button").addEventListener("click", () => {
    (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("input").focus();
    row.remove();
    if (!rows.children.length) dialog.querySelector("[data-add]").focus();
  });
  rows.append(row);
  return row;
}

function fill({ name, layout, theme }) {
  form.elements.name.value = name;
  form.elements.refresh.value = layout.refresh / SECOND_MS;
  form.elements.dark.value = String(theme.dark);
  rows.replaceChildren();
  Object.entries(theme.colors).forEach(([series, colour]) => addRow(series, colour));
}

function written({ layout, theme }) {
  const { name, refresh, dark } = form.elements;
  const colors = Object.fromEntries([...rows.children].map((row) => [nameOf(row).value, valueOf(row).value]));
  return {
    name: name.value,
    layout: { ...layout, refresh: refresh.value === "" ? null : Math.round(Number(refresh.value) * SECOND_MS) },
    theme: { ...theme, dark: dark.value === "true", colors },
  };
}

function locate(path) {
  if (path.startsWith("theme.colors.")) return [...rows.children].map(nameOf).findLast(({ value }) => path === `theme.colors.${value}`);
  return { name: form.elements.name, "layout.refresh": form.elements.refresh, "theme.dark": form.elements.dark }[path];
}

/** A name that two rows have: only one of their colours could be kept. */
function twice() {
  const names = [...rows.children].map((row) => nameOf(row).value);
  const name = names.find((one, at) => names.indexOf(one) !== at);
  return name === undefined ? null : { field: `theme.colors.${name}`, detail: word("colourTwice") };
}

/** `{name, layout, theme}` as somebody has written them; null if they went away. See `ask`. */
export function askBoard(config, check) {
  fill(config);
  return ask(dialog, { locate, read: () => written(config), check: async (draft) => twice() ?? check(draft) });
}

/** The theme that the viewer sees where a dashboard has none of its own. */
export const viewersTheme = dialog.dataset.viewersTheme;

dialog.querySelector("[data-add]").addEventListener("click", () => nameOf(addRow("", FIRST_COLOUR)).focus());
