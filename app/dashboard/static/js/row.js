// One job in a table: every cell that changes is painted in place. Its markup is parts.html's `job_row`.

import { duration, number, percent, rate, setTime } from "./format.js";
import { say, setIcon, shell, word } from "./page.js";

const OVER = new Set(["completed", "failed", "cancelled"]);

export const isOver = (job) => OVER.has(job.status);

/** The job's page; its id may hold slashes, which are part of the path. */
export const jobPath = (id) => `/jobs/${id.split("/").map(encodeURIComponent).join("/")}`;

/** Paints a `.status` or `.badge`. */
export function paintStatus(element, status) {
  if (element.dataset.status === status) return;
  element.classList.replace(element.dataset.status, status);
  element.dataset.status = status;
  setIcon(element.querySelector(".icon"), `st-${status}`);
  say(element.querySelector("span"), shell.statuses[status]);
}

/** Paints a `.progress-bar`: an ended job without a total is a full, quiet bar. */
export function paintBar(svg, job) {
  const ratio = job.progress.ratio ?? (isOver(job) ? 1 : 0);
  svg.classList.remove("running", "queued", "stalled", "lost", "completed", "failed", "cancelled");
  svg.classList.add(job.status);
  svg.firstElementChild.setAttribute("width", `${(ratio * 100).toFixed(2)}%`);
  svg.setAttribute("aria-label", job.progress.ratio === null ? word(isOver(job) ? "noProgress" : "noTotal") : `${percent(job.progress.ratio)} %`);
}

/** Paints what may have changed; an answer that an event has overtaken changes nothing. */
export function paintRow(row, job) {
  const cell = (name) => row.querySelector(`[data-cell="${name}"]`);
  if (job.lastEventAt < cell("last").dateTime) return;
  const over = isOver(job);
  paintStatus(row.querySelector(".status"), job.status);
  paintBar(row.querySelector(".progress-bar"), job);
  say(cell("items"), number(job.items));
  say(cell("noun"), word("itemNoun", { n: job.items }));
  say(cell("share"), over ? duration(job.duration) : job.progress.ratio === null ? "" : `${percent(job.progress.ratio)} %`);
  setTime(cell("eta"), over ? null : job.eta);
  say(cell("rate"), rate(job.startedAt ? job.itemsPerSecond : null));
  say(cell("errors"), number(job.errors));
  cell("errors").classList.toggle("bad", job.errors > 0);
  setTime(cell("last"), job.lastEventAt);
}

/** Fills a fresh row: the parts that never change, then the others. */
export function fillRow(row, job) {
  row.dataset.job = job.id;
  const link = row.querySelector("a");
  link.href = jobPath(job.id);
  say(link.querySelector("strong"), job.source ?? job.id);
  say(link.querySelector("span"), job.query ?? "");
  say(row.querySelector(".id"), job.id);
  paintRow(row, job);
}
