// What every page does: times in the viewer's zone, what alerts do, keys, menus.

import "./copy.js";
import "./keys.js";
import "./theme.js";
import { socket } from "./connection.js";
import { now, setTime, showTime, showTimes } from "./format.js";
import { follow } from "./live.js";
import { shell } from "./page.js";
import { renewing, snapshot } from "./snapshot.js";
import { stand } from "./standing.js";
import { onTick, tickSoon } from "./ticks.js";

const AGES_MS = 900;
showTimes(document);
onTick(() => document.querySelectorAll('time[data-format="age"][datetime]:not([data-unseen] *)').forEach(showTime), AGES_MS);

// On a phone tabs go on sideways: the open one is in sight.
for (const tabs of document.querySelectorAll(".tabs")) {
  const open = tabs.querySelector("[aria-current]");
  if (open && open.offsetLeft + open.offsetWidth > tabs.clientWidth) tabs.scrollLeft = open.offsetLeft - open.offsetWidth;
}

// Alerts: a toast for each change, and whatever shows alerts is told that they have changed, once for what comes together.
const GATHER_MS = 200;
let gathering = 0;

function changed() {
  gathering ||= setTimeout(() => {
    gathering = 0;
    document.dispatchEvent(new CustomEvent("alerts-changed"));
  }, GATHER_MS);
}

// What shows toasts is fetched once the page has long been there, or with the first alert; until it is, alerts wait for it.
const SETTLED_MS = 10_000;
const RETRY_MS = 2_000;
const untold = [];
let isFetching = false;

async function tellAll() {
  if (isFetching) return;
  isFetching = true;
  const toasts = await import("./alert-toasts.js").catch(() => null);
  isFetching = false;
  if (!toasts) setTimeout(tellAll, RETRY_MS);
  else if (untold.length) toasts.tell(untold.splice(0));
}

socket.once("connect", () => setTimeout(tellAll, SETTLED_MS));

function onAlerts(events) {
  changed();
  untold.push(...events);
  tellAll();
}

// How they stand is told every few seconds; where somebody looks, it is painted with all else.
let told = null;

function takeTold() {
  if (told && stand(told)) changed();
  told = null;
}

function onStanding(fresh) {
  told = fresh;
  if (document.hidden) takeTold();
  else tickSoon();
}

onTick(takeTold);
document.addEventListener("visibilitychange", takeTold);

async function again() {
  const fresh = await snapshot();
  if (!fresh) return undefined;
  stand(fresh.shell.alerts);
  changed();
  return fresh.shell.since;
}

follow("alerts", { since: shell.since, onEvents: onAlerts, onMessage: onStanding, onAgain: again });

// Trouble that the page tells of is looked at again until it is over.
const renewTrouble = renewing("trouble");
setInterval(() => {
  if (!document.hidden && document.querySelector("#trouble > *")) renewTrouble();
}, 10_000);

// Escape closes what is open: a menu, then the toast that came last.
async function closeToast() {
  if (document.querySelector(".toast")) (await import("./toast.js")).closeNewest();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const menu = document.querySelector("details.menu-of[open]");
  if (!menu) {
    closeToast();
    return;
  }
  menu.open = false;
  menu.querySelector("summary").focus();
});
// A sheet of paper says when it was.
addEventListener("beforeprint", () => setTime(document.querySelector(".printed time"), new Date(now()).toISOString()));
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu-of[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
