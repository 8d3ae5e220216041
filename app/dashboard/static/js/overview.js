// The overview: figures and meters every second, running jobs in place, charts from what passes by.

import "./shell.js";
import { mount } from "./charts.js";
import { NOTHING, now, number, percent, rate, size } from "./format.js";
import { follow } from "./live.js";
import { fromTemplate, page, say, word } from "./page.js";
import { fillRow, isOver } from "./row.js";
import { Rows } from "./rows.js";
import { renewing, snapshot } from "./snapshot.js";

const MOST_SEEN = 1_000;
const items = mount("items");
const host = mount("host");
const table = document.getElementById("running");
const empty = document.getElementById("nothing-runs");
const rows = new Rows(table, page.api);

const figure = (name, text, unit) => {
  say(document.querySelector(`[data-figure="${name}"]`), text);
  if (unit !== undefined) say(document.querySelector(`[data-unit="${name}"]`), unit);
};

function meter(name, ratio) {
  const bar = document.querySelector(`[data-meter="${name}"]`);
  bar.firstElementChild.setAttribute("width", `${(ratio * 100).toFixed(1)}%`);
  bar.classList.toggle("high", name !== "workers" && ratio > 0.8); // busy workers are what they are there for
}

function onMetrics({ system, scraping }) {
  const { jobs, performance, resources } = scraping;
  const ended = jobs.completed + jobs.failed;
  figure("active", number(jobs.active));
  say(document.querySelector('[data-sub="active"]'), word("queued", { n: number(jobs.queued) }));
  figure("rate", rate(performance.itemsPerSecond));
  figure("requests", rate(system.network.requestsPerSecond));
  figure("completed", number(jobs.completed));
  figure("failed", number(jobs.failed));
  figure("success", ended ? percent(performance.successRate, 1) : "–", ended ? "%" : "");
  figure("bandwidth", ...size(resources.bandwidthUsed));
  onHost(system);
}

function onHost({ cpu, memory, workers }) {
  const [used, unit] = size(memory.used);
  figure("cpu", percent(cpu.usage));
  figure("memory", used, `${unit} ${word("of")} ${size(memory.total).join(" ")}`);
  const most = workers.maxConcurrency;
  figure("workers", most ? number(workers.active) : NOTHING, most ? word("busy", { n: number(most) }) : "");
  meter("cpu", cpu.usage);
  meter("memory", memory.total ? memory.used / memory.total : 0);
  meter("workers", most ? workers.active / most : 0);
  host.measure("cpu", now(), cpu.usage * 100);
  if (memory.total) host.measure("memory", now(), (memory.used / memory.total) * 100);
}

// Items of each source, from what each job's count grows by. Jobs born since `begin` began at 0; of older ones that are
// not in the map, growth before now is not known.
const seen = new Map(page.jobs);
let begin = page.now;

const born = (job) => Date.parse(job.startedAt ?? job.lastEventAt);

function countItems(job) {
  const before = seen.get(job.id) ?? (born(job) >= begin ? 0 : job.items);
  const grown = job.items - before;
  remember(job);
  if (grown <= 0) return;
  const source = items.has(job.source) ? job.source : "";
  if (!source) document.getElementById("others").hidden = false;
  items.count(source, Math.min(now(), Date.parse(job.lastEventAt)), grown);
}

/** Keeps the count of the jobs heard of last; a job that was forgotten is not taken for a new one. */
function remember(job) {
  seen.delete(job.id);
  seen.set(job.id, job.items);
  if (seen.size <= MOST_SEEN) return;
  seen.delete(seen.keys().next().value);
  begin = now();
}

function onJobs({ changed, counts }) {
  for (const job of changed) {
    countItems(job);
    if (!rows.paint(job) && !isOver(job) && job.status !== "queued" && job.status !== "lost") addRow(job);
  }
  figure("open", number((counts.running ?? 0) + (counts.stalled ?? 0)));
}

function addRow(job) {
  if (rows.byId.size >= page.rows) rows.dropEnded();
  if (rows.byId.size >= page.rows) return;
  const row = fromTemplate("job-row");
  fillRow(row, job);
  table.tBodies[0].append(row);
  rows.add(row);
  row.classList.add("flash");
  table.hidden = false;
  empty.hidden = true;
}

/** Rows, alerts and charts as they are now. */
async function again() {
  const fresh = await snapshot();
  if (!fresh) return undefined;
  ["running", "nothing-runs", "open", "latest-alerts", "items-legend", "items-table"].forEach((id) => fresh.adopt(id));
  rows.read();
  items.show(fresh.page.charts.items);
  host.show(fresh.page.charts.host);
  seen.clear();
  fresh.page.jobs.forEach(([id, count]) => seen.set(id, count));
  begin = fresh.page.now;
  return fresh.page.since;
}

document.addEventListener("alerts-changed", renewing("latest-alerts"));
follow("metrics", { onMessage: onMetrics });
follow("jobs", { since: page.since, onMessage: onJobs, onAgain: again });
