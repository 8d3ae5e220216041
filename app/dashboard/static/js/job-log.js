// The log of a job: a window over all its lines, its levels, and hits that one walks through. Each has an address, which
// the server paints as well; here only what changes of it is painted anew.

import { number } from "./format.js";
import { join } from "./job.js";
import { onKeys } from "./keys.js";
import { LogWindow, partOf } from "./log-window.js";
import { page, say, word } from "./page.js";
import { snapshot } from "./snapshot.js";
import { isLogged, level } from "./wording.js";

const CHIPS = new Map([["critical", "error"]]);
const element = (id) => document.getElementById(id);
const counts = new Map();
const ASK_MS = 1_000;
// By the ids of new lines: what was found in them.
const marked = new Map();
const MOST_MARKED = 1_000;
let { levels, q, hits, isCut } = page;
// The last event that was heard of.
let newest = page.since;
// The last in which the text was looked for.
let sought = newest;
let asking = null;
// The line that one has been led to.
let at = null;

/** What the server has found in it is shown as it has marked it. */
function mark(line) {
  const hit = marked.get(line?.id);
  if (hit) line.querySelector(".msg").replaceChildren(...hit.cloneNode(true).childNodes);
}

function finish(line, event) {
  line.id = `L${event.cursor}`;
  line.querySelector("a").href = `?tab=log&line=${event.cursor}`;
  mark(line);
  return line;
}

/** The lines around a place, or those after it in which the text is found. */
async function read(place, part = "lines") {
  const address = new URL(location.href);
  ["line", "before", "after"].forEach((name) => address.searchParams.delete(name));
  Object.entries({ tab: "log", part, ...place }).forEach(([name, value]) => address.searchParams.set(name, value));
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || answer.redirected) return null;
  const list = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("ol");
  return list && partOf(list);
}

const log = new LogWindow({ read, finish, follows: !new URLSearchParams(location.search).has("line") && !q });

function readCounts(root = document) {
  root.querySelectorAll("#levels [data-level]").forEach((chip) => {
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
  const later = q === fresh.page.q && new URLSearchParams(location.search).has("next") ? hits : [];
  ({ levels, q, hits, isCut } = fresh.page);
  hits.push(...later.filter((hit) => !(hit <= hits.at(-1))));
  sought = fresh.page.since;
  newest = Math.max(newest, sought);
  marked.clear();
  ["log-head", "no-log"].forEach((id) => fresh.adopt(id));
  setUp();
  log.show(partOf(fresh.document.getElementById("log-lines")));
  arrive();
  if (later.length) sayHits();
  seekSoon();
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

const offer = (id, can) => element(id)?.setAttribute("aria-disabled", !can);

function sayHits() {
  const place = hits.indexOf(at);
  const n = `${number(hits.length)}${isCut ? "+" : ""}`;
  const shown = place < 0 ? word("hits", { n: hits.length, nText: n }) : word("hitOf", { at: number(place + 1), n });
  say(element("hits"), shown);
  offer("previous-hit", isCut || hits[0] < (at ?? Infinity));
  offer("next-hit", at !== null && hits.at(-1) > at);
}

/** Asks the server in which of the lines that have come meanwhile it finds the text. */
async function seek() {
  const [upto, known] = [newest, hits];
  const part = await read({ after: sought }, "hits");
  asking = null;
  if (!part) return;
  // Else the page is another by now.
  if (known === hits) take(part.lines, upto);
  seekSoon();
}

function seekSoon() {
  if (q && newest > sought) asking ??= setTimeout(seek, ASK_MS);
}

/** What was found, but for what is later than the last line: that is asked for again when it has come here as well. */
function take(lines, upto) {
  sought = upto;
  for (const line of lines) {
    const cursor = Number(line.id.slice(1));
    if (cursor > upto) break;
    hits.push(cursor);
    marked.set(line.id, line.querySelector(".msg"));
    if (marked.size > MOST_MARKED) marked.delete(marked.keys().next().value);
    mark(element(line.id));
  }
  // What was found may make a line longer.
  if (log.following) log.toEnd();
  sayHits();
}

/** To the next hit, or to the one before. */
function step(forward) {
  const target = forward ? hits.find((hit) => hit > (at ?? Infinity)) : hits.findLast((hit) => hit < (at ?? Infinity));
  if (target === undefined) {
    if (!forward && isCut) go(element("further").href);
    return;
  }
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
  if (button.dataset.level || button.id === "further") go(button.href);
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
    newest = event.cursor;
    if (levels.includes(of)) log.add(event);
  },
  flush: () => {
    sayCounts();
    seekSoon();
  },
  onAgain: (fresh) => {
    readCounts(fresh.document);
    sayCounts();
    newest = fresh.page.since;
    seekSoon();
    if (!log.following) return;
    log.miss();
    log.latest();
  },
});
setUp();
arrive();
