// What every page does: times in the viewer's zone, what alerts do, keys, the account menu.

import "./copy.js";
import "./theme.js";
import { tell } from "./alert-toasts.js";
import { showTime, showTimes } from "./format.js";
import { follow } from "./live.js";
import { shell } from "./page.js";
import { renewing, snapshot } from "./snapshot.js";
import { stand } from "./standing.js";
import { onTick, tickSoon } from "./ticks.js";
import { closeNewest } from "./toast.js";

const AGES_MS = 900;
showTimes(document);
onTick(() => document.querySelectorAll('time[data-format="age"][datetime]:not([data-off] *)').forEach(showTime), AGES_MS);

// Alerts: a toast for each change, and whatever shows alerts is told that they have changed, once for what comes together.
const GATHER_MS = 200;
let gathering = 0;

function changed() {
  gathering ||= setTimeout(() => {
    gathering = 0;
    document.dispatchEvent(new CustomEvent("alerts-changed"));
  }, GATHER_MS);
}

function onAlerts(events) {
  tell(events);
  changed();
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

// Keys: off while typing.
const PLACES = new Map([["o", "/"], ["j", "/jobs"], ["a", "/alerts"], ["h", "/events"], ["d", "/dashboards"], ["s", "/settings/status"]]);
const keys = document.getElementById("keys");
let pending = "";

function showKeys() {
  if (keys && !document.querySelector("dialog[open]")) keys.showModal();
}

const opener = document.getElementById("show-keys");
opener?.addEventListener("click", showKeys);
opener?.removeAttribute("hidden");
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu-of[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) {
    closeNewest();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "?") {
    showKeys();
  } else if (event.key === "/") {
    const search = document.getElementById("search");
    if (search) {
      event.preventDefault();
      search.select();
    }
  } else if (pending === "g" && PLACES.has(event.key)) {
    event.preventDefault(); // the page's own keys leave it alone
    location.assign(PLACES.get(event.key));
  }
  pending = event.key;
});
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu-of[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
