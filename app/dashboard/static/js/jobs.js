// The list of jobs: visible rows change in place; new jobs wait behind a pill.

import "./shell.js";
import { number } from "./format.js";
import { follow } from "./live.js";
import { page, say, word } from "./page.js";
import { paintRow } from "./row.js";

const rows = new Map();
document.querySelectorAll("tr[data-job]").forEach((row) => rows.set(row.dataset.job, row));
const tabs = document.querySelectorAll("[data-count]");
const pill = document.getElementById("new-jobs");
const fresh = new Set();

function isNew(job) {
  if (!page.first || rows.has(job.id)) return false;
  const born = job.startedAt ?? job.lastEventAt;
  return born !== null && Date.parse(born) >= page.now && (!page.statuses.length || page.statuses.includes(job.status));
}

follow("jobs", {
  onMessage({ changed, counts }) {
    for (const job of changed) {
      const row = rows.get(job.id);
      if (row) paintRow(row, job);
      else if (isNew(job)) fresh.add(job.id);
    }
    if (page.unfiltered) showCounts(counts);
    if (fresh.size) {
      pill.hidden = false;
      say(pill.querySelector("span"), word("newJobs", { n: fresh.size, nText: number(fresh.size) }));
    }
  },
});

function showCounts(counts) {
  const known = new Map(Object.entries(counts));
  const all = [...known.values()].reduce((sum, count) => sum + count, 0);
  tabs.forEach((tab) => say(tab, number(tab.dataset.count ? known.get(tab.dataset.count) ?? 0 : all)));
}

pill?.addEventListener("click", () => location.assign(page.here));

// j and k move through the rows, Enter opens the one they stand on.
let at = -1;
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const list = [...rows.values()];
  if ((event.key === "j" || event.key === "k") && list.length) {
    list[at]?.classList.remove("is-cursor");
    at = Math.min(list.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)));
    list[at].classList.add("is-cursor");
    list[at].scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && at >= 0 && event.target === document.body) {
    list[at].querySelector("a").click();
  }
});
