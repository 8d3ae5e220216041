// Events in words. The twin of app/dashboard/wording.py; what a scraper sent may be of any kind.

import { duration, NOTHING, number } from "./format.js";
import { word } from "./page.js";

const LONGEST = 300;
const LEVELS = new Set(["debug", "info", "warning", "error", "critical"]);
const STREAMED = new Set(["item_scraped", "item_summary", "job_progress", "heartbeat", "worker", "metric"]);
const SPOKEN = new Set(["log", "error", "system_alert"]);
const LEVEL_BY_TYPE = new Map([["job_failed", "error"], ["job_lost", "error"], ["job_stalled", "warning"], ["error", "error"]]);

/** Whether the log of a job shows events of that type. */
export const isLogged = (type) => !STREAMED.has(type);

export function level(event) {
  const said = event.type === "system_alert" ? event.data.severity : event.data.level;
  if (SPOKEN.has(event.type) && typeof said === "string" && LEVELS.has(said.toLowerCase())) return said.toLowerCase();
  return LEVEL_BY_TYPE.get(event.type) ?? "info";
}

export function headline(event) {
  const said = (SENTENCES.get(event.type) ?? plain)(event.data);
  return said.length <= LONGEST ? said : `${said.slice(0, LONGEST - 1)}…`;
}

export function text(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The address if a browser may follow it: http or https and nothing else. */
export function safeHref(value) {
  if (typeof value !== "string" || !/^https?:\/\//i.test(value)) return null;
  return URL.canParse(value) ? value : null;
}

/** What the stream shows of an item. */
export function item(event) {
  const { data } = event;
  const href = safeHref(data.url);
  return {
    title: title(data),
    price: [text(data.price), text(data.currency)].filter(Boolean).join(" "),
    href,
    place: href ? href.slice(href.indexOf("://") + 3) : text(data.url),
    timestamp: event.timestamp,
  };
}

function title(data) {
  const said = text(data.title) || text(data.name) || plain(data);
  return said.slice(0, LONGEST);
}

const plain = (data) => (Object.keys(data).length ? JSON.stringify(data) : NOTHING);
const joined = (glue, ...parts) => parts.filter(Boolean).join(glue);
const started = (data) => joined(" · ", text(data.source), text(data.query)) || plain(data);
const message = (data) => joined(": ", text(data.logger) || text(data.kind), text(data.message)) || plain(data);

function ended(data) {
  const items = Number.isInteger(data.itemsScraped) ? word("items", { n: data.itemsScraped, nText: number(data.itemsScraped) }) : "";
  const took = typeof data.duration === "number" ? word("took", { span: duration(data.duration) }) : "";
  const { success: _, ...rest } = data; // the type has said it
  return joined(": ", joined(" ", items, took), text(data.reason) || text(data.error)) || plain(rest);
}

const isNumber = (value) => typeof value === "number";

function progress(data) {
  if (typeof data.done !== "number") return plain(data);
  const of = typeof data.total === "number" ? ` / ${number(data.total)}` : "";
  return `${number(data.done)}${of} ${text(data.unit)}`.trim();
}

/** The server alone says it, so that all is there. */
function tagged({ added = [], removed = [], by }) {
  return word(added.length ? "tagAdded" : "tagRemoved", { tags: [...added, ...removed].join(", "), name: by });
}

const SENTENCES = new Map([
  ["job_queued", started],
  ["job_started", started],
  ["job_progress", progress],
  ["item_scraped", (data) => joined(" · ", title(data), text(data.price))],
  ["error", message],
  ["log", message],
  ["job_completed", ended],
  ["job_failed", ended],
  ["job_cancelled", ended],
  ["job_stalled", ({ silence }) => (isNumber(silence) ? word("stalledFor", { span: duration(silence) }) : word("stalled"))],
  ["job_lost", ({ silence }) => (isNumber(silence) ? word("lostFor", { span: duration(silence) }) : word("lost"))],
  ["job_tagged", tagged],
  ["job_pinned", ({ by }) => word("jobPinned", { name: by })],
  ["job_unpinned", ({ by }) => word("jobUnpinned", { name: by })],
  ["system_alert", (data) => text(data.message) || joined(" ", text(data.name), text(data.state)) || plain(data)],
]);
