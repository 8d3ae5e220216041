// How the alerts stand, on every page: the counts in the bezel, in the title and on the tab's icon; and a warning when
// nobody has looked for a while.

import { isLive } from "./connection.js";
import { age, now, number, setTime } from "./format.js";
import { say, shell, word } from "./page.js";

const LISTS = ["firing", "acknowledged", "silenced"];
const ASLEEP_MS = 10_000; // a computer whose clock leaps by that much has slept, and heard nothing
const MOST_SHOWN = 9;
const title = document.title;
const pulse = document.getElementById("pulse");
const beat = document.getElementById("beat");
const late = document.getElementById("late");
const favicon = document.querySelector('link[rel="icon"]');
let drawing = null; // of the icon that has a count
let standing = shell.alerts;
let lateFromMs = shell.lateFromMs;
let isSaid = !late.hidden; // by the server itself, which knows
let listening = null; // since when this page has heard the server without a break
let looked = Date.now();

function show() {
  const n = standing.firing;
  say(pulse.querySelector("span"), n ? word("firing", { n, nText: number(n) }) : word("noneFiring"));
  pulse.classList.toggle("is-firing", n > 0);
  ["acknowledged", "silenced"].forEach((name) => say(document.querySelector(`#${name} > span`), number(standing[name])));
  document.title = n ? `(${number(n)}) ${title}` : title;
  badge(n);
}

/** The tab's icon, with the count where something fires. */
async function badge(n) {
  const symbol = n ? await counted(n) : shell.favicons.quiet;
  if (standing.firing === n && favicon.getAttribute("href") !== symbol) favicon.setAttribute("href", symbol);
}

async function counted(n) {
  drawing ??= fetch(shell.favicons.alert).then((answer) => (answer.ok ? answer.text() : null), () => null);
  const text = await drawing;
  if (text === null) return shell.favicons.alert;
  return `data:image/svg+xml,${encodeURIComponent(text.replace(">!<", `>${n > MOST_SHOWN ? `${MOST_SHOWN}+` : n}<`))}`;
}

/** Takes what the server says of the alerts; whether they stand otherwise than before. */
export function stand(fresh) {
  const changed = LISTS.some((name) => fresh[name] !== standing[name]);
  if (fresh.evaluatedAt !== standing.evaluatedAt) lateFromMs = now() + shell.lateAfterMs; // whatever the viewer's clock says
  standing = fresh;
  setTime(beat.querySelector("time"), fresh.evaluatedAt);
  if (changed) show();
  watch();
  return changed;
}

/** Says how long nobody has looked, once that is too long and this page has listened long enough to know. */
function watch() {
  const before = looked;
  looked = Date.now();
  if (!isLive()) {
    if (listening !== null) isSaid = false;
    listening = null;
  }
  if (isLive() && (listening === null || looked - before > ASLEEP_MS)) listening = looked;
  const knows = isSaid || (listening !== null && looked - listening > shell.lateAfterMs);
  warn(knows && now() > lateFromMs);
}

function warn(isLate) {
  const sentence = standing.evaluatedAt ? word("evaluatedAgo", { age: age(Date.parse(standing.evaluatedAt)) }) : word("neverEvaluated");
  if (isLate) say(late.querySelector("span"), sentence);
  if (late.hidden !== isLate) return;
  late.hidden = !isLate;
  beat.toggleAttribute("data-late", isLate);
  say(document.getElementById("late-said"), isLate ? sentence : ""); // read out once, not each second
}

show();
setInterval(watch, 1_000);
