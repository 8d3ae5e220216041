// The first tab of a job's page: its charts count with the events, the newest lines, items and errors run on.

import { mount } from "./charts.js";
import { amount, counted, join, totals } from "./job.js";
import { isOver } from "./row.js";
import { renewing } from "./snapshot.js";
import { Log, Stream } from "./streams.js";
import { isLogged } from "./wording.js";

const charts = { rate: mount("rate"), requests: mount("requests") };
const log = new Log();
const items = new Stream("items");
const errors = new Stream("errors");
const lists = [log, items, errors];
const SUMS = ["error-groups", "fields-filled"]; // which the server adds up
const SUMS_MS = 15_000;
const addUp = renewing(...SUMS);
let added = performance.now();
let isBehind = false;

function addUpSoon() {
  if (!isBehind || performance.now() - added < SUMS_MS) return;
  [isBehind, added] = [false, performance.now()];
  addUp();
}

/** Growth of one of the scraper's totals; one that dropped has begun again. */
function growth(before, after) {
  if (amount(after) === null) return 0;
  return after >= (amount(before) ?? 0) ? after - (amount(before) ?? 0) : after;
}

const CHANGES = new Map([
  ["item_scraped", (event, at) => {
    charts.rate.count("items", at, 1);
    items.add(event);
  }],
  ["item_summary", ({ data }, at) => charts.rate.count("items", at, counted(data.count, 0))],
  ["error", (event, at) => {
    charts.requests.count("errors", at, counted(event.data.count, 1));
    errors.add(event);
  }],
  ["job_progress", ({ data: { requests } }, at) => {
    if (!requests) return;
    const failed = growth(totals.requests?.failed, requests.failed);
    charts.requests.count("failed", at, failed);
    charts.requests.count("answered", at, Math.max(0, growth(totals.requests?.total, requests.total) - failed));
  }],
]);

join({
  onEvent: (event, at) => {
    CHANGES.get(event.type)?.(event, at);
    if (isLogged(event.type)) log.add(event);
    if (event.type === "error" || event.type === "item_scraped") isBehind = true;
  },
  flush: () => lists.forEach((list) => list.flush()),
  onJob: (job) => {
    Object.values(charts).forEach((chart) => chart.setOpen(!isOver(job)));
    addUpSoon();
  },
  onAgain: (fresh) => {
    Object.entries(charts).forEach(([name, chart]) => chart.show(fresh.page.charts[name]));
    lists.forEach((list) => list.adopt(fresh));
    SUMS.forEach((id) => fresh.adopt(id));
  },
});
