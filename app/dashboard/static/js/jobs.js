// The list of jobs: rows that can be seen change in place; new jobs wait behind a pill; all of it can be paused.

import "./shell.js";
import { setUpBulk } from "./bulk.js";
import { number } from "./format.js";
import { onKeys } from "./keys.js";
import { follow, nameAnew } from "./live.js";
import { setUpLook } from "./look.js";
import { page, say, setIcon, word } from "./page.js";
import { snapshot } from "./snapshot.js";
import { onTick, tickSoon } from "./ticks.js";
import { VisibleRows } from "./visible-rows.js";

const ASK_MS = 4_800;
const SOON_MS = 1_000;
const MOST_NEW = 999;
const rows = new VisibleRows(document.getElementById("job-list"));
const pill = document.getElementById("new-jobs");
const pause = document.getElementById("pause");
const bulk = setUpBulk();
let { newest } = page;
let counts = null;
let fresh = 0;
let asking = false;
let paused = false;
let total = null;
let due = false;
let asked = performance.now() - SOON_MS;

function onJobs(message) {
  message.changed.forEach((job) => rows.take(job));
  counts = message.counts;
  const known = total;
  total = sum(counts);
  due ||= total !== known; // jobs came or went; whether they belong to this list, the server knows
  if (due && performance.now() - asked > SOON_MS) ask();
  tickSoon();
}

const sum = (numbers) => Object.values(numbers).reduce((so, far) => so + far, 0);

/** Asks for what only the server can add up, and whether jobs have come that are not on this page. */
async function ask(keys = rows.keys()) {
  if (asking || paused) return undefined;
  asking = true;
  due = false;
  asked = performance.now();
  const of = rows.readings;
  const address = new URL(page.rows, location.href);
  address.searchParams.set("keys", keys.join(","));
  if (page.first) address.searchParams.set("after", newest);
  const answer = await fetch(address, { headers: { Accept: "application/json" } })
    .then((found) => (found.ok ? found.json() : null))
    .catch(() => null);
  asking = false;
  if (!answer || of !== rows.readings) return undefined; // of rows that others have taken the place of
  answer.rows.forEach((facts) => rows.takeFacts(facts));
  fresh = answer.fresh;
  if (pill.hidden) showNew(); // at once, and then with all else
  return answer;
}

function showNew() {
  const nText = fresh > MOST_NEW ? `${number(MOST_NEW)}+` : number(fresh);
  pill.hidden = fresh === 0;
  say(pill.querySelector("span"), word("newJobs", { n: fresh, nText }));
}

function paint() {
  if (paused) {
    say(pause.querySelector("span"), rows.waiting ? word("resumeMore", { n: number(rows.waiting) }) : word("resume"));
    return;
  }
  rows.paint();
  if (counts && page.unfiltered) showCounts();
  counts = null;
  showNew();
  if (due && performance.now() - asked > SOON_MS) ask();
}

function showCounts() {
  const all = sum(counts);
  document.querySelectorAll("[data-count]").forEach((tab) => {
    say(tab, number(tab.dataset.count ? counts[tab.dataset.count] ?? 0 : all));
  });
}

function setPaused(now) {
  paused = now;
  pause.setAttribute("aria-pressed", String(paused));
  setIcon(pause.querySelector("svg"), paused ? "play" : "pause");
  say(pause.querySelector("span"), word(paused ? "resume" : "pause"));
}

/** What came between the page and its connection: its rows alone are asked for, unless one of them is gone, or there is none. */
async function sinceMade() {
  const keys = rows.allKeys();
  if (paused) {
    due = true;
    return page.since;
  }
  const answer = keys.length && !asking ? await ask(keys) : null;
  return answer?.rows.length === keys.length ? answer.since : again();
}

/** The list, its tabs and its pages as they are now; what waited behind the pill stands in it. */
async function again() {
  const seen = await snapshot();
  if (!seen) return undefined;
  ["job-list", "tabs", "paging"].forEach((id) => seen.adopt(id));
  rows.read();
  bulk.read();
  nameAnew("jobs");
  ({ newest } = seen.page);
  fresh = 0;
  return seen.page.since;
}

follow("jobs", { since: page.since, onMessage: onJobs, onAgain: (returns) => (returns ? again() : sinceMade()), names: () => ({ jobs: rows.ids() }) });
onTick(paint);
onTick(() => ask(), ASK_MS);
setUpLook();
pause.hidden = false;
pause.addEventListener("click", () => setPaused(!paused));
pill.addEventListener("click", () => location.assign(page.here));

onKeys(word("selectRow"), { x: () => document.activeElement.closest("tr")?.querySelector('input[name="key"]')?.click() });
