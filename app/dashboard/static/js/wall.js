// A wall screen looks after itself: its clock shows that it lives; dashboards take turns; and whatever happens to it (a
// server that was away, a computer that slept, a script that broke), it reloads, never before the server answers, and later
// each time that it did not help.

import { isLive } from "./connection.js";
import { clock, now } from "./format.js";
import { page, say } from "./page.js";

const BEAT_MS = 1_000;
const ASLEEP_MS = 30_000;
const LOST_MS = 20_000; // after which the page is read anew: the server may be another one
const FIRST_MS = 5_000;
const MOST_MS = 300_000;
const WELL_MS = 600_000; // after which earlier troubles are forgotten
const HALF_DAY_MS = 12 * 3_600_000; // browsers leak: a page that hangs for weeks begins anew twice a day
const TROUBLES = "wall-troubles";
const time = document.getElementById("wall-clock");
const began = Date.now();
let beat = Date.now();
let isHidden = document.hidden;
let lostAt = null;
let recovering = false;

const answers = (path) => fetch(path, { cache: "no-store" }).then(({ ok, redirected }) => ok && !redirected, () => false);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const troubles = () => Number(sessionStorage.getItem(TROUBLES));

/** Reads the page anew once the server gives it. */
async function recover() {
  if (recovering) return;
  recovering = true;
  const count = troubles();
  sessionStorage.setItem(TROUBLES, count + 1);
  await pause(Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(count, 10)) * (0.5 + Math.random() / 2));
  while (!(await answers(location.href))) await pause(FIRST_MS);
  location.reload();
}

/** To the first of the dashboards that come next and are there; round again where none is. */
async function turn() {
  for (const address of recovering ? [] : page.wall.next) {
    if (await answers(address)) {
      location.replace(address);
      return;
    }
  }
  setTimeout(turn, page.wall.everyMs);
}

function tick() {
  const before = beat;
  const isSlowed = isHidden || document.hidden; // browsers let a tab in the background tick once a minute
  beat = Date.now();
  isHidden = document.hidden;
  say(time, clock(now()));
  if (isLive()) {
    if (lostAt !== null && beat - lostAt > LOST_MS) recover();
    lostAt = null;
  } else lostAt ??= beat;
  if ((!isSlowed && beat - before > ASLEEP_MS) || beat - began > HALF_DAY_MS) recover();
  if (beat - began > WELL_MS) sessionStorage.removeItem(TROUBLES);
}

addEventListener("error", ({ error }) => error && recover()); // without one it is a notice of the browser, as ResizeObserver's
addEventListener("unhandledrejection", recover);
setInterval(tick, BEAT_MS);
tick();
if (page.wall.next.length) setTimeout(turn, page.wall.everyMs);
