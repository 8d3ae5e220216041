// The head of a job's live page, and what all its tabs share. Events are folded here as the server folds them, so every
// figure moves with the event that moves it; what only the server knows (pace, end, state) is asked for every few seconds
// while the job is open. When it is over, the page is looked at once more, and from then on it asks nothing, and hears
// of nothing but a new attempt.

import { duration, now, number, percent, rate, setTime, size } from "./format.js";
import { follow } from "./live.js";
import { page, say, word } from "./page.js";
import { isOver, jobPath, paintBar, paintStatus } from "./row.js";
import { snapshot } from "./snapshot.js";
import { isLogged } from "./wording.js";
import "./shell.js";

const PAINT_MS = 500;
const ASK_MS = 3_000;
const SETTLE_MS = 5_000; // an ended job's last events may come after its end
const ROOM = `job:${page.job.id}`;
const FROZEN = ["facts"];
export const { job, totals } = page;
const tallies = {}; // of lines and of events, which their own tabs alone count
if ("lines" in page) tallies.log = page.lines;
if ("events" in page) tallies.events = page.events;
let { earlierErrors } = page; // those of the attempts before this one
const parts = [];
let painted = 0;
let asked = performance.now();
let heardAt = performance.now();
let asks = 0;
let answered = 0;
let heard = false; // since the last ask
let waiting = null;
let { sentence } = page;

/**
 * A tab takes part in what happens.
 *
 * onEvent: called with each new event and its time, before it is folded. flush: called after each batch of them.
 * onAgain: called with the page as it is now, when it was too far behind, and when the job is over. onJob: called when
 * the server has told how the job stands.
 */
export function join(part) {
  parts.push(part);
}

const tell = (name, ...values) => parts.forEach((part) => part[name]?.(...values));

export const amount = (value) => (Number.isFinite(value) && value >= 0 ? value : null);
export const counted = (value, otherwise) => amount(value) ?? otherwise;

function onProgress({ data }) {
  job.progress.done = amount(data.done) ?? job.progress.done;
  job.progress.total = amount(data.total) ?? job.progress.total;
  job.progress.unit = data.unit ?? job.progress.unit;
  job.progress.ratio = job.progress.total ? Math.min(1, (job.progress.done ?? 0) / job.progress.total) : null;
  job.itemsReported = amount(data.itemsScraped) ?? job.itemsReported;
  for (const name of ["requests", "bytes", "latency"]) if (data[name]) totals[name] = data[name];
}

const CHANGES = new Map([
  ["item_scraped", () => {
    job.items += 1;
  }],
  ["item_summary", ({ data }) => {
    job.items += counted(data.count, 0);
  }],
  ["error", ({ data }) => {
    job.errors += counted(data.count, 1);
  }],
  ["job_progress", onProgress],
  ["job_pinned", () => {
    job.pinned = true;
  }],
  ["job_unpinned", () => {
    job.pinned = false;
  }],
  ["worker", ({ data }) => {
    job.worker = data.host ?? job.worker;
  }],
]);

const SAID_HERE = new Set(["job_stalled", "job_lost", "job_tagged", "job_pinned", "job_unpinned"]);
const KINDS = { stalled: "warning", cancelled: "info", completed: "ok" };

function onEvents(events) {
  let turning = false;
  for (const event of events) {
    const received = Date.parse(event.receivedAt);
    tell("onEvent", event, Math.min(Date.parse(event.timestamp), received));
    CHANGES.get(event.type)?.(event);
    if ("log" in tallies && isLogged(event.type)) tallies.log += 1;
    if ("events" in tallies) tallies.events += 1;
    if (event.type.startsWith("job_") && event.type !== "job_progress") turning = true;
    if (!SAID_HERE.has(event.type)) job.lastEventAt = event.receivedAt; // the server's word is no sign of life
  }
  tell("flush");
  paintSoon();
  heard = true;
  heardAt = performance.now();
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
  const turned = fresh.status !== job.status;
  Object.assign(job, rest, isOver(fresh) ? { items: stored, errors: seen } : {});
  if (!fresh.reason) sentence = "";
  else if (turned) ({ sentence } = (await snapshot())?.page ?? { sentence: fresh.reason }); // why, in the page's language
  tell("onJob", job);
  paintSoon();
}

/** All of it as it is now: the page was too far behind to catch up event by event. */
async function again() {
  const fresh = await snapshot();
  if (!fresh) return undefined;
  Object.assign(job, fresh.page.job);
  Object.assign(totals, fresh.page.totals);
  if ("lines" in fresh.page) tallies.log = fresh.page.lines;
  if ("events" in fresh.page) tallies.events = fresh.page.events;
  ({ sentence, earlierErrors } = fresh.page);
  if (isOver(job)) FROZEN.forEach((id) => fresh.adopt(id));
  tell("onAgain", fresh);
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
  Object.entries({ ...tallies, items: job.items, errors: job.errors + earlierErrors }).forEach(([name, count]) => {
    const tally = document.querySelector(`[data-tally="${name}"]`);
    if (!tally?.textContent.endsWith("+")) say(tally, number(count));
  });
  paintFacts();
}

function paintFacts() {
  const { requests = {}, bytes = {}, latency = {} } = totals;
  const measured = requests.total > 0 && Number.isFinite(requests.failed);
  figure("items", number(job.items), undefined, job.itemsReported === null ? "" : word("says", { n: number(job.itemsReported) }));
  figure("rate", rate(job.itemsPerSecond), undefined, isOver(job) ? "" : word("lastMinute"));
  figure("requests", number(requests.total), undefined, Number.isFinite(requests.retried) ? word("retried", { n: number(requests.retried) }) : "");
  figure("success", measured ? percent(Math.min(1, Math.max(0, 1 - requests.failed / requests.total)), 1) : "–", measured ? "%" : "", measured ? word("failed", { n: number(requests.failed) }) : "");
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
  const { etaRange: range } = job;
  document.querySelector("#bar .maybe").setAttribute("x", `${over || !range ? 100 : (range.sure * 100).toFixed(2)}%`);
  say(document.getElementById("basis"), job.eta && !over ? word(!range ? "basis" : range.to ? "basisOfTwo" : "basisOpen") : "");
  paintEnd(...endsHow(over));
  paintSpent();
  paintPin();
  const reason = document.getElementById("reason");
  reason.className = `note ${KINDS[job.status] ?? "error"}`;
  reason.hidden = !sentence;
  say(reason.querySelector("div"), sentence);
}

/** A button for those who may, a mark for others. */
function paintPin() {
  const pin = document.getElementById("pin");
  const button = pin.querySelector("button");
  if (!button) {
    pin.hidden = !job.pinned;
    return;
  }
  button.value = job.pinned ? "0" : "1";
  button.setAttribute("aria-pressed", String(job.pinned));
  button.title = word(job.pinned ? "isPinned" : "toPin");
  say(button.querySelector("span"), word(job.pinned ? "pinned" : "pin"));
}

function endsHow(over) {
  if (over) return ["ended", job.finishedAt];
  const { etaRange: range } = job;
  if (range) return range.to ? ["endsBetween", range.from, range.to] : ["endsAfter", range.from];
  return job.eta ? ["ends", job.eta] : [job.status === "queued" ? "waits" : "unknownEnd"];
}

/** Writes when it ends, each time as an element of its own; in every language the earlier stands first. */
function paintEnd(key, ...moments) {
  const end = document.getElementById("end");
  if (end.dataset.said !== key) {
    end.dataset.said = key;
    const [before, ...after] = word(key, { time: "\0", first: "\0", last: "\0" }).split("\0");
    end.replaceChildren(before, ...after.flatMap((text) => [document.createElement("time"), text]));
  }
  end.querySelectorAll("time").forEach((time, at) => {
    time.dataset.format = "end";
    setTime(time, moments[at]);
  });
}

function paintSpent() {
  const spent = document.getElementById("spent");
  if (isOver(job)) say(spent, job.duration === null ? "" : word("tookSpan", { span: duration(job.duration) }));
  else if (job.status === "lost") say(spent, "");
  else if (job.startedAt) say(spent, word("running", { span: duration(Math.max(0, now() - Date.parse(job.startedAt))) }));
}

/** Once a job is over and nothing has come of it for a while, the page is painted by the server for the last time. */
async function freeze() {
  clearInterval(clock);
  awaitAttempt(await again());
}

/** A job that is over may be pinned, or begin anew, and then the page is of its new attempt; nothing else is heard. */
function awaitAttempt(since) {
  const begin = () => location.reload();
  const onEvents = (events) => {
    if (events.some(({ type }) => type === "job_started")) begin();
    events.filter(({ type }) => type.endsWith("pinned")).forEach((event) => CHANGES.get(event.type)(event));
    paintPin();
  };
  follow(ROOM, { since, onEvents, onAgain: begin });
}

const clock = isOver(job) ? null : setInterval(() => {
  if (isOver(job) && performance.now() - heardAt > SETTLE_MS) {
    freeze();
    return;
  }
  if (document.hidden) return;
  paintSpent();
  if ((heard || !isOver(job)) && performance.now() - asked > ASK_MS) ask();
}, 1_000);
if (isOver(job)) awaitAttempt(page.since);
else {
  paint();
  follow(ROOM, { since: page.since, onEvents, onAgain: again });
}
