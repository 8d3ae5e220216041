// The overview: figures and meters every second, running jobs in place, charts from what passes by.

import "./shell.js";
import { mount } from "./charts.js";
import { now, number, percent, rate, size } from "./format.js";
import { follow } from "./live.js";
import { fromTemplate, page, say, word } from "./page.js";
import { fillRow, isOver, paintRow } from "./row.js";

const items = mount("items");
const host = mount("host");
const table = document.getElementById("running");
const empty = document.getElementById("nothing-runs");
const rows = new Map();
table.querySelectorAll("tr[data-job]").forEach((row) => rows.set(row.dataset.job, row));

const figure = (name, text, unit) => {
  say(document.querySelector(`[data-figure="${name}"]`), text);
  if (unit !== undefined) say(document.querySelector(`[data-unit="${name}"]`), unit);
};

function meter(name, ratio) {
  const bar = document.querySelector(`[data-meter="${name}"]`);
  bar.firstElementChild.setAttribute("width", `${(ratio * 100).toFixed(1)}%`);
  bar.classList.toggle("high", ratio > 0.8);
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
  figure("workers", number(workers.active), word("busy", { n: number(workers.maxConcurrency) }));
  meter("cpu", cpu.usage);
  meter("memory", memory.total ? memory.used / memory.total : 0);
  meter("workers", workers.maxConcurrency ? workers.active / workers.maxConcurrency : 0);
  host.measure("cpu", now(), cpu.usage * 100);
  if (memory.total) host.measure("memory", now(), (memory.used / memory.total) * 100);
}

// Items of each source, from what each job's count grows by.
const seen = new Map(page.jobs);

function countItems(job) {
  const before = seen.get(job.id) ?? (Date.parse(job.startedAt ?? job.lastEventAt) >= page.now ? 0 : job.items);
  const grown = job.items - before;
  seen.set(job.id, job.items);
  if (grown <= 0) return;
  const source = items.has(job.source) ? job.source : "";
  if (!source) document.getElementById("others").hidden = false;
  items.count(source, Math.min(now(), Date.parse(job.lastEventAt)), grown);
}

function onJobs({ changed, counts }) {
  for (const job of changed) {
    countItems(job);
    const row = rows.get(job.id);
    if (row) paintRow(row, job);
    else if (!isOver(job) && job.status !== "queued" && job.status !== "lost") addRow(job);
  }
  figure("open", number((counts.running ?? 0) + (counts.stalled ?? 0)));
}

function addRow(job) {
  if (rows.size >= page.rows) makeRoom();
  if (rows.size >= page.rows) return;
  const row = fromTemplate("job-row");
  fillRow(row, job);
  table.tBodies[0].append(row);
  rows.set(job.id, row);
  row.classList.add("flash");
  table.hidden = false;
  empty.hidden = true;
}

/** Lets the first ended row go; a running one stays where it is. */
function makeRoom() {
  for (const [id, row] of rows) {
    if (row.querySelector(".completed, .failed, .cancelled, .lost")) {
      row.remove();
      rows.delete(id);
      return;
    }
  }
}

follow("metrics", { onMessage: onMetrics });
follow("jobs", { onMessage: onJobs });
