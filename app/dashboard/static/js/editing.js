// Editing a dashboard: panels are moved and resized by mouse and by keyboard, written in a form, and saved together.

import { beside, moved, passed, resized, settle } from "./grid.js";
import { onKeys } from "./keys.js";
import { fromTemplate, page, say, word } from "./page.js";
import { askPanel } from "./panel-form.js";
import { askBoard, viewersTheme } from "./board-form.js";
import { change, showProblem } from "./changes.js";
import { wear } from "./theme.js";

const SIZES = { chart: [6, 6], table: [6, 6], stats: [3, 3], log: [6, 6] };
const dash = document.getElementById("dash");
const bar = document.getElementById("editbar");
const config = structuredClone(page.dashboard);
let places = Object.entries(page.places).map(([id, [x, y, w, h]]) => ({ id, x, y, w, h }));
let selected = null;
let changes = 0;
let stage = null; // of dashboard.js: what is seen

const frame = (id) => [...dash.children].find((element) => element.dataset.panel === id);
const place = (id) => places.find((one) => one.id === id);
const panel = (id) => config.layout.panels.find((one) => one.id === id);

function paint() {
  for (const { id, x, w, h } of places) {
    const element = frame(id);
    element.className = [...element.classList].filter((name) => !/^[xwh]\d+$/.test(name)).concat(`x${x}`, `w${w}`, `h${h}`).join(" ");
  }
  // In the order of reading, for the grid and for the keyboard; moving an element takes the focus from it.
  const focused = document.activeElement;
  places.forEach(({ id }, at) => {
    const element = frame(id);
    if (dash.children[at] !== element) dash.insertBefore(element, dash.children[at]);
  });
  if (focused !== document.activeElement && dash.contains(focused)) focused.focus();
}

function put(one) {
  const before = JSON.stringify(places);
  places = settle(places.map((other) => (other.id === one.id ? one : other)), one.id);
  if (JSON.stringify(places) !== before) changed();
  paint();
}

function changed() {
  changes += 1;
  tell();
}

function tell() {
  const parts = [selected && word("selected", { name: panel(selected)?.title || selected }), changes && word("unsaved", { n: changes })];
  say(document.getElementById("selected"), parts.filter(Boolean).join(" · "));
}

function select(id) {
  selected = id;
  dash.querySelectorAll(":scope > .panel").forEach((element) => element.classList.toggle("is-selected", element.dataset.panel === id));
  tell();
}

function remove(id) {
  if (!confirm(word("remove", { name: panel(id).title || id }))) return;
  config.layout.panels = config.layout.panels.filter((one) => one.id !== id);
  places = settle(places.filter((one) => one.id !== id));
  stage.replace(id);
  frame(id).remove();
  select(null);
  changed();
  paint();
  dash.querySelector(":scope > .panel")?.focus();
}

/** The draft with these panels alone: what they show depends on no other. */
function draft(panels) {
  const { theme, layout } = config;
  return { theme, layout: { refresh: layout.refresh, panels } };
}

/** What is wrong with a panel as it is written, or null: by the path of the field within the panel. */
async function check(written) {
  const problem = await checked(draft([written]));
  return problem && { ...problem, field: problem.field?.replace("layout.panels[0].", "") };
}

async function checked(whole) {
  const { ok, body } = await change(`${location.pathname}/check`, "POST", whole);
  return ok ? null : { detail: body?.detail, field: body?.field };
}

/** Name, refresh, theme and colours; they are seen at once. */
async function editBoard() {
  const written = await askBoard(config, (whole) => checked({ ...whole, layout: { ...whole.layout, panels: [], grid: {} } }));
  document.getElementById("board").focus();
  if (!written) return;
  Object.assign(config, written);
  say(document.querySelector("h1"), config.name);
  wear(config.theme.dark ? "dark" : viewersTheme);
  stage.refreshAll();
  changed();
}

async function edit(id) {
  const written = await askPanel(panel(id), check);
  if (!written) {
    frame(id).focus();
    return;
  }
  config.layout.panels = config.layout.panels.map((one) => (one.id === id ? written : one));
  show(written, frame(id));
}

async function add() {
  const taken = new Set(config.layout.panels.map((one) => one.id));
  let number = taken.size + 1;
  while (taken.has(`panel-${number}`)) number += 1;
  const written = await askPanel({ id: `panel-${number}`, type: "chart", title: word("newPanel"), data: { source: "metrics" }, options: {} }, check);
  if (!written) return;
  config.layout.panels.push(written);
  const [w, h] = written.options.chart?.type === "gauge" ? [3, 5] : SIZES[written.type];
  places = settle([...places, { id: written.id, ...beside(w, h, places) }]);
  dash.querySelector(".none")?.remove();
  show(written);
  frame(written.id).scrollIntoView({ block: "nearest" });
}

/** Puts a frame for a panel into its place, or that of its old one; the server fills it as it will be. */
function show({ id, type, title }, before) {
  const element = fromTemplate(`panel-${type}`);
  element.dataset.panel = id;
  element.setAttribute("aria-label", title);
  say(element.querySelector("h2"), title);
  element.querySelector("h2").title = title;
  if (before) before.replaceWith(element);
  else dash.append(element);
  paint();
  stage.replace(id, element);
  prepare(element);
  element.focus();
  changed();
}

async function save() {
  config.layout.grid = Object.fromEntries(places.map(({ id, x, y, w, h }) => [id, { x, y, w, h }]));
  const answer = await change(`/api/v1/dashboards/${page.dashboard.id}`, "PUT", config, { "If-Match": `"${page.version}"` });
  if (!answer.ok) {
    showProblem(answer);
    return;
  }
  leave();
}

/** Shows the dashboard as it is stored. */
function leave() {
  changes = 0;
  const address = new URL(location.href);
  address.searchParams.delete("edit");
  history.replaceState(null, "", address);
  location.reload();
}

// By keyboard: arrows move the panel that has the focus, with Shift they resize it.
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function onKey(event) {
  const id = event.target.closest?.(".panel")?.dataset.panel;
  if (!id || event.target.closest("button, input, summary, a, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  const [columns, rows] = ARROWS[event.key] ?? [0, 0];
  if (columns || rows) {
    if (event.shiftKey) put(resized(place(id), columns, rows));
    else put(rows ? passed(place(id), places, rows < 0) : moved(place(id), columns, 0));
    frame(id).scrollIntoView({ block: "nearest" });
  } else if (event.key === "Delete") remove(id);
  else if (event.key === "e") edit(id);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

// By mouse or finger: the head moves, the corner resizes.
function onGrip(event) {
  const grip = event.target.closest(".panel-head, .resize");
  if (!grip || event.button || event.target.closest("[data-tool], summary, .menu")) return;
  const element = grip.closest(".panel");
  const from = place(element.dataset.panel);
  const gap = parseFloat(getComputedStyle(dash).columnGap);
  const column = (dash.clientWidth + gap) / 12;
  const row = parseFloat(getComputedStyle(dash).gridAutoRows) + gap;
  const turn = grip.matches(".resize") ? resized : moved;
  event.preventDefault();
  element.focus({ preventScroll: true });
  element.classList.add("is-moving");
  element.setPointerCapture(event.pointerId);
  const onMove = (at) => {
    const one = turn(from, Math.round((at.clientX - event.clientX) / column), Math.round((at.clientY - event.clientY) / row));
    const now = place(from.id);
    if (one.x !== now.x || one.y !== now.y || one.w !== now.w || one.h !== now.h) put(one);
  };
  const onEnd = () => {
    element.classList.remove("is-moving");
    element.removeEventListener("pointermove", onMove);
  };
  element.addEventListener("pointermove", onMove);
  element.addEventListener("pointerup", onEnd, { once: true });
  element.addEventListener("pointercancel", onEnd, { once: true });
}

function prepare(element) {
  element.tabIndex = 0;
  element.addEventListener("focus", () => select(element.dataset.panel));
}

/** Begins; it ends with the page, saved or discarded. */
export function begin(shown) {
  stage = shown;
  stage.begin((ids) => draft(config.layout.panels.filter(({ id }) => ids.includes(id))));
  document.getElementById("edit").hidden = true;
  bar.hidden = false;
  dash.classList.add("is-editing");
  dash.querySelectorAll(":scope > .panel").forEach(prepare);
  dash.addEventListener("keydown", onKey);
  onKeys(word("movePanel"), { "←": null, "→": null, "↑": null, "↓": null });
  onKeys(word("resizePanel"), { "⇧ ←": null, "⇧ →": null });
  onKeys(word("removePanel"), { Del: null });
  dash.addEventListener("pointerdown", onGrip);
  dash.addEventListener("click", ({ target }) => {
    const [tool, id] = [target.closest("[data-tool]")?.dataset.tool, target.closest(".panel")?.dataset.panel];
    if (tool === "edit") edit(id);
    if (tool === "remove") remove(id);
  });
  document.getElementById("add").addEventListener("click", add);
  document.getElementById("board").addEventListener("click", editBoard);
  document.getElementById("save").addEventListener("click", save);
  document.getElementById("discard").addEventListener("click", leave);
  addEventListener("beforeunload", (event) => {
    if (changes) event.preventDefault();
  });
  dash.querySelector(":scope > .panel")?.focus({ preventScroll: true });
  tell();
}
