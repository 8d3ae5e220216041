// Toasts of alerts: one an incident, which says how it stands; of more than three at a time one that counts them.

import { number } from "./format.js";
import { word } from "./page.js";
import { toast, withdraw } from "./toast.js";
import { headline, level, text } from "./wording.js";

const MOST = 3;
const GROUP = "alerts";
const NAMED = 3;
const PATIENCE_MS = 2_000; // with the server, which is asked for a sentence
const BY_SEVERITY = ["critical", "error", "warning", "info", "debug"];
const told = new Map(); // what the toasts that are there tell: by subject, the newest event of it

/** What an event is about: an incident of the server's own, or what a scraper's alert is called. */
const subjectOf = ({ data, jobId }) => (Number.isInteger(data.incident) ? `incident ${data.incident}` : `alert ${jobId} ${text(data.name)}`);
const isOver = ({ data }) => data.state === "resolved";
const icon = (kind) => (kind === "debug" ? "minus" : kind === "ok" ? "check" : kind);
const isCritical = (event) => !isOver(event) && level(event) === "critical";

const isAsIs = document.documentElement.lang.startsWith("en") || document.body.matches(".is-wall"); // which may ask for dashboards alone
const translated = new WeakMap(); // events to their sentences in the page's language
let turn = Promise.resolve();

/** Tells of new events, after those before. */
export function tell(events) {
  turn = turn.then(() => translate(events)).then(() => show(events)).catch(console.error);
}

/** What the server itself says comes in English, as programs read it; so few are named that only as many are asked for. */
async function translate(events) {
  if (isAsIs || events.length > MOST) return;
  await Promise.all(events.filter(({ data }) => Number.isInteger(data.incident)).map(async (event) => {
    const path = `/alerts/incidents/${event.data.incident}/sentence?state=${isOver(event) ? "resolved" : "firing"}`;
    const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
    if (answer?.ok && !answer.redirected) translated.set(event, await answer.text().catch(() => "")); // "" leaves the English
  }));
}

function show(events) {
  const wasMany = told.size > MOST;
  const changed = new Set();
  for (const event of events) {
    told.delete(subjectOf(event));
    told.set(subjectOf(event), event);
    changed.add(subjectOf(event));
  }
  if (told.size <= MOST) {
    [...changed].map((subject) => [subject, told.get(subject)]).forEach((one) => tellOne(...one));
    return;
  }
  if (!wasMany) [...told.keys()].forEach(withdraw);
  tellMany([...told.values()], events.some(isCritical));
}

function tellOne(subject, event) {
  told.set(subject, event); // the toast of the one before may have taken the place of this one's
  const { name, incident } = event.data;
  const kind = isOver(event) ? "ok" : level(event);
  const href = Number.isInteger(incident) ? `/alerts/incidents/${incident}` : "";
  toast(kind, text(name), translated.get(event) || headline(event), { icon: icon(kind), subject, href, gone: () => told.delete(subject) });
}

function tellMany(events, isUrgent) {
  const open = events.filter((event) => !isOver(event));
  const over = events.length - open.length;
  const title = [
    open.length && word("alertsFire", { n: open.length, nText: number(open.length) }),
    over && word("alertsOver", { n: over, nText: number(over) }),
  ].filter(Boolean).join(", ");
  const names = [...new Set((open.length ? open : events).map(({ data }) => text(data.name)))];
  const rest = names.length - NAMED;
  const more = rest > 0 ? [word("andMore", { n: rest, nText: number(rest) })] : [];
  const kind = open.length ? BY_SEVERITY.find((one) => open.some((event) => level(event) === one)) : "ok";
  toast(kind, title, [...names.slice(-NAMED).reverse(), ...more].join(", "), {
    icon: icon(kind),
    subject: GROUP,
    href: open.length ? "/alerts" : "/alerts?state=history",
    isUrgent,
    gone: () => told.clear(),
  });
}
