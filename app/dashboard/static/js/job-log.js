// The log of a job: a window over all its lines, its levels, and hits that one walks through. Each has an address, which
// the server paints as well; here only what changes of it is painted anew.

import { showTimes, number } from "./format.js";
import { join } from "./job.js";
import { onKeys } from "./keys.js";
import { LogWindow } from "./log-window.js";
import { page, say, word } from "./page.js";
import { snapshot } from "./snapshot.js";
import { isLogged, level } from "./wording.js";

const CHIPS = new Map([["critical", "error"]]);
const element = (id) => document.getElementById(id);
const counts = new Map();
let { levels, q, hits, found } = page;
let at = null; // the line that one has been led to

/** Marks what is searched for in a line; the twin of the filter `marked` of templates. */
function mark(line) {
  const message = line.querySelector(".msg");
  const [text, wanted] = [message.textContent, q.toLowerCase()];
  const pieces = [];
  let from = 0;
  for (let to = text.toLowerCase().indexOf(wanted); to >= 0; to = text.toLowerCase().indexOf(wanted, from)) {
    const hit = document.createElement("mark");
    hit.textContent = text.slice(to, to + wanted.length);
    pieces.push(text.slice(from, to), hit);
    from = to + wanted.length;
  }
  message.replaceChildren(...pieces, text.slice(from));
}

function finish(line, event) {
  line.id = `L${event.cursor}`;
  line.querySelector("a").href = `?tab=log&line=${event.cursor}`;
  if (q) mark(line);
  return line;
}

async function read(place) {
  const address = new URL(location.href);
  ["line", "before", "after"].forEach((name) => address.searchParams.delete(name));
  Object.entries({ tab: "log", part: "lines", ...place }).forEach(([name, value]) => address.searchParams.set(name, value));
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || answer.redirected) return null;
  const list = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("ol");
  return list && partOf(list, ...["older", "newer"].map((end) => list.dataset.more.split(" ").includes(end)));
}

const partOf = (list, hasOlder, hasNewer) => ({ lines: [...list.children], hasOlder, hasNewer });

const log = new LogWindow({ read, finish, follows: !new URLSearchParams(location.search).has("line") && !q });

function readCounts() {
  document.querySelectorAll("#levels [data-level]").forEach((chip) => {
    counts.set(chip.dataset.level, Number(chip.dataset.count));
  });
}

function sayCounts() {
  document.querySelectorAll("#levels [data-level]").forEach((chip) => say(chip.querySelector("span"), number(counts.get(chip.dataset.level))));
}

/** The page at its present address: other levels, other hits, another place. */
async function renew() {
  const fresh = await snapshot();
  if (!fresh) return;
  ({ levels, q, hits, found } = fresh.page);
  fresh.adopt("log-head");
  setUp();
  const list = fresh.document.getElementById("log-lines");
  const part = partOf(list, !fresh.document.getElementById("older").hidden, !fresh.document.getElementById("newer").hidden);
  part.lines.forEach(showTimes);
  log.show(part);
  arrive();
}

function go(address) {
  history.pushState(null, "", address);
  renew();
}

/** To the line that the address names, or to the end. */
function arrive() {
  const line = document.querySelector("#log-lines .is-linked");
  at = line ? Number(line.id.slice(1)) : null;
  log.setFollowing(!line);
  if (line) log.centre(line);
}

function point(line) {
  document.querySelector("#log-lines .is-linked")?.classList.remove("is-linked");
  line.classList.add("is-linked");
  at = Number(line.id.slice(1));
  const address = new URL(location.href);
  ["before", "after"].forEach((name) => address.searchParams.delete(name));
  address.searchParams.set("line", at);
  history.replaceState(null, "", address);
  sayHits();
}

function sayHits() {
  const place = hits.indexOf(at);
  const shown = place < 0 ? word("hits", { n: found, nText: number(found) }) : word("hitOf", { at: number(found - hits.length + place + 1), n: number(found) });
  say(element("hits"), shown);
  [["previous-hit", hits.some((hit) => hit < (at ?? Infinity))], ["next-hit", at !== null && hits.some((hit) => hit > at)]].forEach(([id, can]) => {
    element(id)?.setAttribute("aria-disabled", String(!can));
  });
}

/** To the next hit, or to the one before. */
function step(forward) {
  const target = forward ? hits.find((hit) => hit > (at ?? Infinity)) : hits.findLast((hit) => hit < (at ?? Infinity));
  if (target === undefined) return;
  const line = element(`L${target}`);
  const address = new URL(location.href);
  address.searchParams.set("line", target);
  if (!line) {
    go(address);
    return;
  }
  log.setFollowing(false);
  log.centre(line);
  point(line);
}

function setUp() {
  readCounts();
  ["follow", "pause"].forEach((id) => {
    element(id).hidden = false;
  });
  log.say();
}

element("log-head").addEventListener("click", (event) => {
  const button = event.target.closest("a, button");
  if (!button || button.hasAttribute("download") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (button.dataset.level) go(button.href);
  else if (button.id === "follow") log.following ? log.setFollowing(false) : log.latest();
  else if (button.id === "pause") log.setPaused(!log.paused);
  else step(button.id === "next-hit");
});
element("log-head").addEventListener("submit", (event) => {
  event.preventDefault();
  go(`?${new URLSearchParams([...new FormData(event.target)].filter(([, value]) => value))}`);
});
element("log").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (link.closest("#older")) log.load(true);
  else if (link.closest("#newer")) log.load(false);
  else point(link.closest("li"));
});
addEventListener("popstate", renew);
onKeys(word("latest"), { End: () => log.latest() });

join({
  onEvent: (event) => {
    if (!isLogged(event.type)) return;
    const of = level(event);
    const chip = CHIPS.get(of) ?? of;
    counts.set(chip, counts.get(chip) + 1);
    if (!levels.includes(of)) return;
    if (q && JSON.stringify(event.data).toLowerCase().includes(q.toLowerCase())) {
      hits.push(event.cursor);
      found += 1;
    }
    log.add(event);
  },
  flush: () => {
    sayCounts();
    if (q) sayHits();
  },
  onAgain: (fresh) => {
    fresh.document.querySelectorAll("#levels [data-level]").forEach((chip) => counts.set(chip.dataset.level, Number(chip.dataset.count)));
    sayCounts();
    if (!log.following) return;
    log.hasNewer = true;
    log.latest();
  },
});
setUp();
arrive();
