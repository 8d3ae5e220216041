// A dashboard's page: panels that are seen are renewed all together, in one request, as often as the dashboard says.

import "./shell.js";
import { change, showProblem } from "./changes.js";
import { page, word } from "./page.js";
import { Panel } from "./panel.js";

const SOON_MS = 150;
const REST_MS = 2_000;
const AT_ONCE = 16;
const address = location.pathname; // of a dashboard, or of the page that explores one metric
const dash = document.getElementById("dash");
const panels = new Map();
let timer = null;
let busy = false;
let draft = null; // while the dashboard is edited: gives its configuration, of the panels of those ids
let trouble = null; // why panels are not renewed, as the page says it
let edition = 0; // what was asked of an earlier one is not shown

function zoom(from, to) {
  const query = new URLSearchParams(location.search);
  query.set("from", from);
  query.set("to", to);
  location.assign(`${address}?${query}`);
}

const frame = () => new Promise((done) => requestAnimationFrame(done));

function mount(element) {
  const panel = new Panel(element, page.charts[element.dataset.panel], { onZoom: zoom, onSeen: ({ empty }) => empty && look(SOON_MS) });
  panels.set(panel.id, panel);
  return panel;
}

/** Looks after so many ms; an earlier look that is planned stays. */
function look(ms) {
  clearTimeout(timer);
  timer = setTimeout(renew, ms);
}

async function renew() {
  if (busy) {
    look(SOON_MS);
    return;
  }
  const due = document.hidden ? [] : [...panels.values()].filter((panel) => panel.isDue(performance.now(), page.refresh));
  try {
    if (due.length) await ask(due);
  } finally {
    if (page.refresh) look(page.refresh); // also where a panel could not be drawn: the page goes on
  }
}

/** Fills those that nobody has seen so far, once and a few at a time: who prints the page wants all of them. */
async function fillRest() {
  const rest = [...panels.values()].filter(({ empty, asked }) => empty && asked === -Infinity).slice(0, AT_ONCE);
  if (!rest.length) return;
  try {
    if (!busy && !document.hidden) await ask(rest);
  } finally {
    setTimeout(fillRest, REST_MS);
  }
}

async function ask(due) {
  busy = true;
  const asked = edition;
  try {
    for (const [id, content] of Object.entries(await contents(due))) {
      if (edition !== asked) return;
      panels.get(id)?.show(content);
      await frame(); // so that no panel waits for all the others
    }
  } finally {
    busy = false;
  }
}

async function contents(due) {
  const query = new URLSearchParams(location.search);
  due.forEach((panel) => {
    query.append("id", panel.id);
    panel.asked = performance.now();
  });
  const body = draft?.(due.map(({ id }) => id));
  const answer = await change(`${address}/panels?${query}`, draft ? "POST" : "GET", body);
  const found = answer.body?.panels ?? {};
  due.forEach((panel) => panel.setStale(!(panel.id in found)));
  tell(answer);
  return found;
}

/** Says why nothing is renewed, for as long as that is so; a session that has ended leads to the login and back. */
function tell({ ok, status, body }) {
  if (status === 401 && !draft) location.reload();
  const isTrouble = !ok && status > 0; // of a server that is gone, the chip in the bezel tells
  const why = isTrouble ? body?.detail || word("notDone") : null;
  if (why === trouble) return;
  trouble = why;
  showProblem(isTrouble ? { body: { field: body?.field, detail: word("notRenewed", { why }) } } : null);
}

/** Shows these panels anew, each as the draft has it; those that are not in sight once they are. */
function refresh(ones) {
  edition += 1;
  ones.forEach((panel) => {
    panel.empty = true;
  });
  look(0);
}

/** What editing does to what is seen; see editing.js. */
const stage = {
  begin: (give) => {
    draft = give;
  },
  replace: (id, element) => {
    panels.get(id)?.forget();
    panels.delete(id);
    if (element) refresh([mount(element)]);
  },
  refreshAll: () => refresh([...panels.values()]),
};

dash.querySelectorAll(":scope > .panel").forEach(mount);
document.addEventListener("visibilitychange", () => look(0));
if (page.refresh) look(page.refresh);
setTimeout(fillRest, REST_MS);

document.getElementById("variables").addEventListener("change", (event) => {
  if (event.target.matches("select, [type=checkbox]")) event.currentTarget.requestSubmit();
});
document.getElementById("variables").addEventListener("submit", ({ currentTarget }) => {
  currentTarget.querySelectorAll("input, select").forEach((field) => {
    field.disabled = field.value === "" || (field.type === "checkbox" && !field.checked); // what narrows nothing has no place in the address
  });
});
addEventListener("pageshow", () => {
  document.querySelectorAll("#variables :is(input, select)").forEach((field) => {
    field.disabled = false;
  });
});

// Changing it: a dashboard of one's own is edited here, one that came along is cloned first.
const edit = document.getElementById("edit");
edit?.removeAttribute("hidden");
edit?.addEventListener("click", async () => {
  const { begin } = await import("./editing.js");
  begin(stage);
});
if (edit && new URLSearchParams(location.search).has("edit")) edit.click();
const clone = document.getElementById("clone");
clone?.removeAttribute("hidden");
clone?.addEventListener("click", async () => {
  const answer = await change(`/dashboards/${page.dashboard.id}/clone`, "POST", {});
  if (answer.ok) location.assign(`/dashboards/${answer.body.id}?edit`);
  else showProblem(answer);
});
