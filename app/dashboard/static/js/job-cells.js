// A row of the list of jobs: every cell that changes is painted in place. Its markup is templates/jobs/row.html, its
// arithmetic app/dashboard/job_cells.py.

import { age, duration, now, number, percent, rate, setTime } from "./format.js";
import { page, say, word } from "./page.js";
import { isOver, paintBar, paintStatus } from "./row.js";
import { area, spark, strip } from "./sparks.js";

const SVG = "http://www.w3.org/2000/svg";
const FEW = 0.9;

const cellsOf = new WeakMap();

/** The cells of a row by their names; looked for once. */
function cells(row) {
  if (!cellsOf.has(row)) {
    const found = new Map([...row.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell]));
    cellsOf.set(row, found);
  }
  return cellsOf.get(row);
}

function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function amount({ progress, items, duration: took, finishedAt }) {
  const share = progress.ratio === null ? "" : `${percent(progress.ratio)} %`;
  if (progress.total !== null && !finishedAt) {
    return [number(progress.done ?? 0), `/ ${number(progress.total)} ${progress.unit ?? ""}`.trim(), share];
  }
  return [number(items), word("itemNoun", { n: items }), finishedAt && took !== null ? duration(took) : share];
}

/** What the job itself tells; an answer that an event has overtaken changes nothing. True if its state is another. */
export function paintJob(row, job) {
  const cell = cells(row);
  if (job.lastEventAt < cell.get("last").dateTime) return false;
  const status = row.querySelector(".status");
  const changed = status.dataset.status !== job.status;
  const [figure, noun, share] = amount(job);
  const eta = isOver(job) ? null : job.eta;
  paintStatus(status, job.status);
  paintBar(row.querySelector(".progress-bar"), job);
  say(cell.get("items"), figure);
  say(cell.get("noun"), noun);
  say(cell.get("share"), share);
  setTime(cell.get("eta"), eta);
  say(cell.get("left"), eta ? word("endsIn", { span: age(2 * now() - Date.parse(eta)) }) : "");
  cell.get("basis").title = eta ? word("basis") : "";
  say(cell.get("rate"), rate(job.startedAt ? job.itemsPerSecond : null));
  setTime(cell.get("last"), job.lastEventAt);
  cell.get("pinned").hidden = !job.pinned;
  return changed;
}

/** What only the server can add up: pace, errors of five minutes, success, alerts, the last runs. */
export function paintFacts(row, facts) {
  const cell = cells(row);
  paintPace(cell.get("pace"), facts.pace);
  paintErrors(cell.get("errors"), facts);
  say(cell.get("errors-unit"), facts.recent === null && facts.job.errors ? word("inTotal") : "");
  say(cell.get("success"), percent(facts.success, 1));
  say(cell.get("success-unit"), facts.success === null ? "" : "%");
  cell.get("success").parentElement.classList.toggle("bad", facts.success !== null && facts.success < FEW);
  const { firing, acknowledged, path } = facts.alerts;
  const badge = cell.get("alerts");
  badge.hidden = firing + acknowledged === 0;
  set(badge, "href", path);
  set(badge, "title", word("alertsOf", { n: firing, m: acknowledged }));
  badge.classList.toggle("acked", firing === 0);
  say(badge.querySelector("span"), number(firing + acknowledged));
  if (cell.has("runs")) paintRuns(cell.get("runs"), facts.runs);
}

function paintPace(svg, pace) {
  svg.toggleAttribute("hidden", pace === null);
  const curve = spark(pace ?? []);
  svg.classList.toggle("idle", !pace || Math.max(...pace) <= 0);
  set(svg.firstElementChild, "d", area(curve));
  set(svg.lastElementChild, "d", curve);
}

function paintErrors(element, { recent, job }) {
  say(element, number(recent ?? job.errors));
  set(element, "title", word("inAll", { n: number(job.errors) }));
  element.parentElement.classList.toggle("bad", (recent ?? job.errors) > 0);
}

function paintRuns(svg, runs) {
  const bars = strip(runs);
  const paths = new Map([...svg.children].map((path) => [path.getAttribute("class"), path]));
  Object.entries(bars).forEach(([kind, d]) => {
    const path = paths.get(kind) ?? svg.appendChild(document.createElementNS(SVG, "path"));
    set(path, "class", kind);
    set(path, "d", d);
    paths.delete(kind);
  });
  paths.forEach((path) => path.remove());
}

/** Says by a colour when a job that runs has been silent for half of the time that makes it stalled. */
export function paintLate(row) {
  const last = cells(row).get("last");
  const silent = now() - Date.parse(last.dateTime);
  const runs = row.querySelector(".status").dataset.status === "running";
  last.parentElement.classList.toggle("is-late", runs && silent > page.lateMs);
}
