// What every page does: times in the viewer's zone, the alert count, keys, the account menu.

import "./copy.js";
import "./theme.js";
import { number, showTime, showTimes } from "./format.js";
import { follow } from "./live.js";
import { say, shell, word } from "./page.js";
import { renewing, snapshot } from "./snapshot.js";
import { toast } from "./toast.js";
import { headline, level, text } from "./wording.js";

showTimes(document);
setInterval(() => {
  if (!document.hidden) document.querySelectorAll('time[data-format="age"][datetime]').forEach(showTime);
}, 1_000);

// Alerts: count in the bezel, in the title and on the tab's icon; a toast for each change. Only the server's own notices
// of its incidents are counted: a scraper may send an alert of any name and state.
let firing = new Set(shell.firing);
const title = document.title;
const pulse = document.getElementById("pulse");
const favicon = document.querySelector('link[rel="icon"]');

function showFiring() {
  const n = firing.size;
  say(pulse.querySelector("span"), n ? word("firing", { n, nText: number(n) }) : word("noneFiring"));
  pulse.classList.toggle("is-firing", n > 0);
  document.title = n ? `(${number(n)}) ${title}` : title;
  favicon.href = n ? shell.favicons.alert : shell.favicons.quiet;
}

function onAlerts(events) {
  for (const event of events) {
    const { name, state, incident } = event.data;
    if (Number.isInteger(incident) && state === "firing") firing.add(incident);
    if (Number.isInteger(incident) && state === "resolved") firing.delete(incident);
    const kind = state === "resolved" ? "ok" : level(event);
    toast(kind, text(name), headline(event), state === "resolved" ? "check" : kind);
  }
  changed();
}

function changed() {
  showFiring();
  document.dispatchEvent(new CustomEvent("alerts-changed"));
}

async function again() {
  const fresh = await snapshot();
  if (!fresh) return undefined;
  firing = new Set(fresh.shell.firing);
  changed();
  return fresh.shell.since;
}

showFiring();
follow("alerts", { since: shell.since, onEvents: onAlerts, onAgain: again });

// Trouble that the page tells of is looked at again until it is over.
const renewTrouble = renewing("trouble");
setInterval(() => {
  if (!document.hidden && document.querySelector("#trouble > *")) renewTrouble();
}, 10_000);

// Keys: off while typing.
const PLACES = new Map([["o", "/"], ["j", "/jobs"], ["a", "/alerts"], ["h", "/events"], ["s", "/settings/status"]]);
let pending = "";
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu-of[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "/") {
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
