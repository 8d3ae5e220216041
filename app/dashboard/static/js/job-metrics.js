// The figures of a job: one moment on all charts, a part of the run by mouse, renewed while the job runs.

import { join } from "./job.js";
import { page } from "./page.js";
import { Plot } from "./plot.js";
import { isOver } from "./row.js";
import { snapshot } from "./snapshot.js";
import "./job-compare.js";

const RENEW_MS = 10_000;
const plots = new Map();
let timer = null;

function zoom(from, to) {
  const address = new URL(location.href);
  address.searchParams.set("from", from);
  address.searchParams.set("to", to);
  location.assign(address);
}

function fillTable(name) {
  const table = document.getElementById(`${name}-table`);
  const plot = plots.get(name);
  if (table.open && plot.chart.figure.data.length) table.querySelector(".table-wrap").replaceChildren(plot.table());
}

function show(charts) {
  plots.forEach((plot, name) => {
    plot.show(charts[name]);
    plot.element.parentElement.classList.toggle("is-blank", !charts[name].figure.data.length);
    plot.soon();
    fillTable(name);
  });
}

/** What the server has measured meanwhile, with the figures of the legends. */
function take(fresh) {
  show(fresh.page.charts);
  plots.forEach((_, name) => fresh.adopt(`${name}-legend`));
}

async function renew() {
  const fresh = await snapshot();
  if (fresh) take(fresh);
}

for (const name of Object.keys(page.charts)) {
  const element = document.getElementById(name);
  element.replaceChildren();
  plots.set(name, new Plot(element, name, zoom));
  document.getElementById(`${name}-table`).addEventListener("toggle", () => fillTable(name));
}
show(page.charts);
new ResizeObserver(() => {
  plots.forEach((plot) => {
    plot.dirty = true;
    plot.soon();
  });
}).observe(document.querySelector(".metrics"));
if (page.grows) {
  timer = setInterval(() => {
    if (!document.hidden) renew();
  }, RENEW_MS);
}

join({
  onJob: (job) => {
    if (isOver(job)) clearInterval(timer);
  },
  onAgain: take,
});
