// What every page does: times in the viewer's zone, the alert count, keys, the account menu.

import "./copy.js";
import "./theme.js";
import { showTime, zone } from "./format.js";
import { follow } from "./live.js";
import { number } from "./format.js";
import { say, shell, word } from "./page.js";
import { toast } from "./toast.js";
import { headline, level } from "./wording.js";

document.querySelectorAll("[data-zone]").forEach((element) => say(element, zone()));
document.querySelectorAll("time[data-format]").forEach(showTime);
setInterval(() => {
  if (!document.hidden) document.querySelectorAll('time[data-format="age"][datetime]').forEach(showTime);
}, 1_000);

// Alerts: count in the bezel, in the title and on the tab's icon; a toast for each change.
const firing = new Set(shell.firing);
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
    const key = `${event.data.name}|${event.jobId}`;
    const resolved = event.data.state !== "firing";
    if (resolved) firing.delete(key);
    else firing.add(key);
    const kind = resolved ? "ok" : level(event);
    toast(kind, String(event.data.name ?? ""), headline(event), resolved ? "check" : kind);
    document.dispatchEvent(new CustomEvent("alert-changed", { detail: event }));
  }
  showFiring();
}

showFiring();
follow("alerts", { onEvents: onAlerts });

// Keys: off while typing.
const PLACES = new Map([["o", "/"], ["j", "/jobs"], ["a", "/alerts"], ["h", "/events"]]);
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
    location.assign(PLACES.get(event.key));
  }
  pending = event.key;
});
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu-of[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
