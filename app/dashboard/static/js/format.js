// Numbers, spans and times as people read them. The twin of app/dashboard/filters.py.

import { shell, word } from "./page.js";

export const NOTHING = "–";
const SIZES = ["B", "kB", "MB", "GB", "TB", "PB"];
const formats = new Map();

export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  if (!formats.has(digits)) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    formats.set(digits, new Intl.NumberFormat(shell.locale, options));
  }
  return formats.get(digits).format(value);
}

export const rate = (value) => number(value, 1);

export function percent(ratio, digits = 0) {
  if (ratio === null || ratio === undefined) return NOTHING;
  const shown = Number((ratio * 100).toFixed(digits));
  return number(shown < 100 || ratio >= 1 ? shown : 100 - 10 ** -digits, digits);
}

/** Bytes as [figure, unit], in steps of 1,000. */
export function size(count) {
  if (count === null || count === undefined) return [NOTHING, ""];
  let step = 0;
  while (count >= 999.5 && step < SIZES.length - 1) {
    count /= 1000;
    step += 1;
  }
  return [number(count, step && count < 100 ? 1 : 0), SIZES[step]];
}

export function duration(ms) {
  if (ms === null || ms === undefined) return NOTHING;
  if (ms < 1000) return word("ms", { n: Math.round(ms) });
  const total = Math.floor(ms / 1000);
  const [days, hours] = [Math.floor(total / 86400), Math.floor(total / 3600) % 24];
  const [minutes, seconds] = [Math.floor(total / 60) % 60, total % 60];
  if (days) return hours ? word("daysHours", { days, hours }) : word("days", { days });
  if (hours) return minutes ? word("hoursMinutes", { hours, minutes }) : word("hours", { hours });
  if (minutes) return seconds ? word("minutesSeconds", { minutes, seconds }) : word("minutes", { minutes });
  return word("seconds", { seconds });
}

/** How long ago that was, in its greatest unit. */
export function age(ms) {
  const passed = Math.max(0, Math.floor((now() - ms) / 1000));
  if (passed >= 86400) return word("ageDays", { n: Math.floor(passed / 86400) });
  if (passed >= 3600) return word("ageHours", { n: Math.floor(passed / 3600) });
  return passed >= 60 ? word("ageMinutes", { n: Math.floor(passed / 60) }) : word("ageSeconds", { n: passed });
}

// The viewer's clock may be wrong by minutes; ages are counted on the server's.
const ahead = Date.now() - shell.now;

/** Milliseconds since 1970 by the server's clock. */
export const now = () => Date.now() - ahead;

// The zone that was chosen, else the browser's; the server is told which, to paint the next page in it from the start.
export const ZONE = shell.zone || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const SEEN_DAYS = 30;
if (!shell.zone && !`${document.cookie};`.includes(`browser-zone=${ZONE};`)) {
  document.cookie = `browser-zone=${ZONE}; Path=/; Max-Age=${SEEN_DAYS * 86400}; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
}
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: ZONE };
// Sweden writes dates as machines read them.
const stamps = new Intl.DateTimeFormat("sv-SE", { year: "numeric", month: "2-digit", day: "2-digit", ...CLOCK });
const DAY = { day: "numeric", month: "short", year: "numeric" };
const inWords = (options) => new Intl.DateTimeFormat(shell.locale === "en" ? "en-GB" : shell.locale, { ...DAY, ...options });
const days = inWords(CLOCK);
const ends = inWords({ ...CLOCK, second: undefined });

/** The moment in the page's zone as `2026-11-23 14:32:08`, as Plotly's date axes read it. */
export const local = (ms) => stamps.format(ms);

export const clock = (ms) => local(ms).slice(11);

/** By the rules of the page's language. */
export const dayAndTime = (ms) => days.format(ms);

/** How far the zone's clock is ahead of UTC at that moment, in ms. */
export const zoneOffset = (ms) => Date.parse(`${local(ms).replace(" ", "T")}Z`) - Math.floor(ms / 1000) * 1000;

export const shortClock = (ms) => clock(ms).slice(0, 5);

/** When something will be over: with the day where that is not today. */
const end = (ms) => (local(ms).slice(0, 10) === local(now()).slice(0, 10) ? shortClock(ms) : ends.format(ms));

/** The name people call the page's zone by: its city. */
const zoneName = ZONE.split("/").pop().replaceAll("_", " ");
const zone = () => zoneName;

const SHOWN = { clock, age, end, "short-clock": shortClock, "day-and-time": dayAndTime };

/** Writes one `<time datetime data-format>` in the page's zone, the exact moment in its title. */
export function showTime(element) {
  const ms = Date.parse(element.dateTime);
  if (Number.isNaN(ms)) return;
  const text = SHOWN[element.dataset.format](ms);
  if (element.textContent !== text) element.textContent = text;
  const exact = `${local(ms)}.${String(ms % 1000).padStart(3, "0")} ${zone()}`;
  if (element.title !== exact) element.title = exact;
}

/** Writes all times under `root`, and the zone they are in. */
export function showTimes(root) {
  root.querySelectorAll("[data-zone]").forEach((element) => {
    element.textContent = zone();
  });
  root.querySelectorAll("time[data-format]").forEach(showTime);
}

/** Sets the moment of a `<time>` and writes it. */
export function setTime(element, moment) {
  if (!moment) {
    element.removeAttribute("datetime");
    element.removeAttribute("title");
    element.textContent = NOTHING;
    return;
  }
  element.dateTime = moment;
  showTime(element);
}
