// The list of jobs: visible rows change in place; new jobs wait behind a pill.

import "./shell.js";
import { number } from "./format.js";
import { follow } from "./live.js";
import { page, say, word } from "./page.js";
import { Rows } from "./rows.js";
import { snapshot } from "./snapshot.js";

const MOST_NEW = 999;
const rows = new Rows(document.getElementById("job-list"), page.api);
const pill = document.getElementById("new-jobs");
const fresh = new Set();
let begin = page.now;

function isNew(job) {
  if (!page.first || fresh.size > MOST_NEW) return false;
  const born = job.startedAt ?? job.lastEventAt;
  return born !== null && Date.parse(born) >= begin && (!page.statuses.length || page.statuses.includes(job.status));
}

function onJobs({ changed, counts }) {
  for (const job of changed) if (!rows.paint(job) && isNew(job)) fresh.add(job.id);
  if (page.unfiltered) showCounts(counts);
  showNew();
}

function showNew() {
  const [n, most] = [fresh.size, fresh.size > MOST_NEW];
  pill.hidden = n === 0;
  say(pill.querySelector("span"), word("newJobs", { n, nText: most ? `${number(MOST_NEW)}+` : number(n) }));
}

/** The list, its tabs and its pages as they are now; what waited behind the pill stands in it. */
async function again() {
  const seen = await snapshot();
  if (!seen) return undefined;
  ["job-list", "tabs", "paging"].forEach((id) => seen.adopt(id));
  rows.read();
  begin = seen.page.now;
  fresh.clear();
  showNew();
  return seen.page.since;
}

follow("jobs", { since: page.since, onMessage: onJobs, onAgain: again });

function showCounts(counts) {
  const known = new Map(Object.entries(counts));
  const all = [...known.values()].reduce((sum, count) => sum + count, 0);
  document.querySelectorAll("[data-count]").forEach((tab) => say(tab, number(tab.dataset.count ? known.get(tab.dataset.count) ?? 0 : all)));
}

pill.addEventListener("click", () => location.assign(page.here));

// j and k move through the rows, Enter opens the one they stand on.
let at = -1;
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.target.closest("input, select, textarea")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const list = [...rows.byId.values()];
  at = Math.min(at, list.length - 1);
  if ((event.key === "j" || event.key === "k") && list.length) {
    list[at]?.classList.remove("is-cursor");
    at = Math.min(list.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)));
    list[at].classList.add("is-cursor");
    list[at].scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && at >= 0 && event.target === document.body) {
    list[at].querySelector("a").click();
  }
});
