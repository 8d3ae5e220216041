// A job's live page. Its events are folded here as the server folds them, so every figure moves with the event that
// moves it; what only the server knows (pace, end, state) is asked for every few seconds while the job is open.

import { mount } from "./charts.js";
import { duration, now, number, percent, rate, setTime, shortClock, size } from "./format.js";
import { follow } from "./live.js";
import { page, say, word } from "./page.js";
import { isOver, jobPath, paintBar, paintStatus } from "./row.js";
import { snapshot } from "./snapshot.js";
import { Log, Stream } from "./streams.js";
import { isLogged } from "./wording.js";
import "./shell.js";

const PAINT_MS = 500;
const ASK_MS = 3_000;
const { job, totals } = page;
const charts = { rate: mount("rate"), requests: mount("requests") };
const log = new Log();
const items = new Stream("items");
const errors = new Stream("errors");
let painted = 0;
let asked = performance.now();
let asks = 0;
let answered = 0;
let heard = false; // since the last ask
let waiting = null;

const amount = (value) => (Number.isFinite(value) && value >= 0 ? value : null);
const counted = (value, otherwise) => amount(value) ?? otherwise;

/** Growth of one of the scraper's totals; one that dropped has begun again. */
function growth(before, after) {
  if (amount(after) === null) return 0;
  return after >= (amount(before) ?? 0) ? after - (amount(before) ?? 0) : after;
}

function onProgress({ data }, at) {
  job.progress.done = amount(data.done) ?? job.progress.done;
  job.progress.total = amount(data.total) ?? job.progress.total;
  job.progress.unit = data.unit ?? job.progress.unit;
  job.progress.ratio = job.progress.total ? Math.min(1, (job.progress.done ?? 0) / job.progress.total) : null;
  job.itemsReported = amount(data.itemsScraped) ?? job.itemsReported;
  if (data.requests) {
    const failed = growth(totals.requests?.failed, data.requests.failed);
    charts.requests.count("failed", at, failed);
    charts.requests.count("answered", at, Math.max(0, growth(totals.requests?.total, data.requests.total) - failed));
  }
  for (const name of ["requests", "bytes", "latency"]) if (data[name]) totals[name] = data[name];
}

const CHANGES = new Map([
  ["item_scraped", (event, at) => {
    job.items += 1;
    charts.rate.count("items", at, 1);
    items.add(event);
  }],
  ["item_summary", ({ data }, at) => {
    job.items += counted(data.count, 0);
    charts.rate.count("items", at, counted(data.count, 0));
  }],
  ["error", (event, at) => {
    job.errors += counted(event.data.count, 1);
    charts.requests.count("errors", at, counted(event.data.count, 1));
    errors.add(event);
  }],
  ["job_progress", onProgress],
  ["worker", ({ data }) => {
    job.worker = data.host ?? job.worker;
  }],
]);

const JUDGEMENTS = new Set(["job_stalled", "job_lost"]);
const KINDS = { stalled: "warning", cancelled: "info" };

function onEvents(events) {
  let turning = false;
  for (const event of events) {
    const received = Date.parse(event.receivedAt);
    CHANGES.get(event.type)?.(event, Math.min(Date.parse(event.timestamp), received));
    if (isLogged(event.type)) log.add(event);
    if (event.type.startsWith("job_") && event.type !== "job_progress") turning = true;
    if (!JUDGEMENTS.has(event.type)) job.lastEventAt = event.receivedAt; // the server's word is no sign of life
  }
  [log, items, errors].forEach((list) => list.flush());
  paintSoon();
  heard = true;
  if (turning) ask();
}

/** What only the server knows. Counters stay as they are while the job runs: the events have counted them. */
async function ask() {
  asked = performance.now();
  heard = false;
  asks += 1;
  const turn = asks;
  const answer = await fetch(`/api/v1${jobPath(job.id)}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = await answer.json().catch(() => null);
  if (!fresh || turn < answered) return; // a later one was faster
  answered = turn;
  const again = fresh.attempt !== job.attempt;
  if (again) {
    location.reload(); // a new attempt counts from zero: take a new snapshot
    return;
  }
  const { items: stored, errors: seen, ...rest } = fresh;
  Object.assign(job, rest, isOver(fresh) ? { items: stored, errors: seen } : {});
  Object.values(charts).forEach((chart) => chart.setOpen(!isOver(job)));
  paintSoon();
}

/** All of it as it is now: the page was too far behind to catch up event by event. */
async function again() {
  const fresh = await snapshot();
  if (!fresh) return undefined;
  Object.assign(job, fresh.page.job);
  Object.assign(totals, fresh.page.totals);
  Object.entries(charts).forEach(([name, chart]) => chart.show(fresh.page.charts[name]));
  [log, items, errors].forEach((list) => list.adopt(fresh));
  paintSoon();
  return fresh.page.since;
}

function paintSoon() {
  if (waiting !== null) return;
  waiting = setTimeout(paint, Math.max(0, painted + PAINT_MS - performance.now()));
}

const figure = (name, text, unit, sub) => {
  document.querySelectorAll(`[data-figure="${name}"]`).forEach((element) => say(element, text));
  if (unit !== undefined) say(document.querySelector(`[data-unit="${name}"]`), unit);
  if (sub !== undefined) say(document.querySelector(`[data-sub="${name}"]`), sub);
};

function paint() {
  waiting = null;
  painted = performance.now();
  paintHead();
  const { requests = {}, bytes = {}, latency = {} } = totals;
  const measured = requests.total > 0 && Number.isFinite(requests.failed);
  figure("items", number(job.items), undefined, job.itemsReported === null ? "" : word("says", { n: number(job.itemsReported) }));
  figure("rate", rate(job.itemsPerSecond), undefined, word(isOver(job) ? "average" : "lastMinute"));
  figure("requests", number(requests.total), undefined, Number.isFinite(requests.retried) ? word("retried", { n: number(requests.retried) }) : "");
  figure("success", measured ? percent(1 - requests.failed / requests.total, 1) : "–", measured ? "%" : "", measured ? word("failed", { n: number(requests.failed) }) : "");
  figure("errors", number(job.errors));
  figure("bytes", ...size(amount(bytes.received)));
  const p95 = Number.isFinite(latency.p95) ? word("under", { n: number(latency.p95) }) : "";
  figure("latency", number(latency.p50), Number.isFinite(latency.p50) ? "ms" : "", p95);
  setTime(document.querySelector('[data-cell="last"]'), job.lastEventAt);
  say(document.getElementById("worker"), job.worker ? word("worker", { name: job.worker }) : "");
}

function paintHead() {
  const { done, total, unit, ratio } = job.progress;
  const over = isOver(job);
  paintStatus(document.querySelector("#status > .badge"), job.status);
  paintBar(document.querySelector("#bar > svg"), job);
  say(document.getElementById("percent"), percent(ratio));
  document.getElementById("percent-sign").hidden = ratio === null;
  const of = total === null ? "" : ` ${word("of")} ${number(total)}`;
  say(document.getElementById("done"), done === null ? word(over ? "noProgress" : "noTotal") : `${number(done)}${of} ${unit ?? ""}`);
  say(document.getElementById("basis"), job.eta && !over ? word("basis") : "");
  say(document.getElementById("end"), endText(over));
  paintSpent();
  const reason = document.getElementById("reason");
  reason.className = `note ${KINDS[job.status] ?? "error"}`;
  reason.hidden = !job.reason || job.status === "completed";
  say(reason.querySelector("div"), job.reason ?? "");
}

function endText(over) {
  if (over) return word("ended", { time: shortClock(Date.parse(job.finishedAt)) });
  if (job.eta) return word("ends", { time: shortClock(Date.parse(job.eta)) });
  return word(job.status === "queued" ? "waits" : "unknownEnd");
}

function paintSpent() {
  const spent = document.getElementById("spent");
  if (isOver(job)) say(spent, job.duration === null ? "" : word("tookSpan", { span: duration(job.duration) }));
  else if (job.status === "lost") say(spent, "");
  else if (job.startedAt) say(spent, word("running", { span: duration(Math.max(0, now() - Date.parse(job.startedAt))) }));
}

setInterval(() => {
  if (document.hidden) return;
  paintSpent();
  if ((heard || !isOver(job)) && performance.now() - asked > ASK_MS) ask();
}, 1_000);
paint();
follow(`job:${job.id}`, { since: page.since, onEvents, onAgain: again });
