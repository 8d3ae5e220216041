// Small drawings within a row: a curve, and a strip of runs. The twin of app/dashboard/sparks.py.

const [WIDTH, HEIGHT, RUNS] = [100, 22, 30];
const [FLOOR, HIGHEST, LEAST, BAR, PITCH] = [20, 16, 4, 4, 5];
const KINDS = new Map([["completed", "ok"], ["failed", "broken"], ["cancelled", "cancelled"], ["lost", "lost"]]);

const text = (number) => String(Math.floor(number * 10 + 0.5) / 10);

export function spark(values) {
  const most = Math.max(0, ...values) || 1;
  const last = Math.max(1, values.length - 1);
  const places = values.map((value, at) => `${text((WIDTH * at) / last)} ${text(HEIGHT - 1 - (20 * value) / most)}`);
  return values.length ? `M${places.join(" L")}` : "";
}

export const area = (curve) => (curve ? `${curve} L${WIDTH} ${HEIGHT} L0 ${HEIGHT}Z` : "");

const bar = (place, height) => `M${place * PITCH} ${FLOOR}v-${height}h${BAR}v${height}z`;
const dot = (place, height) => `M${text(place * PITCH + 0.5)} ${FLOOR - height - 1}h3v-3h-3z`;

/** Half to even, as Python rounds. */
function round(number) {
  const floor = Math.floor(number);
  const rest = number - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2) ? floor + 1 : floor;
}

/** Kind to path of the last runs, each a status and its items, oldest first. */
export function strip(runs) {
  const most = Math.max(0, ...runs.map(([, items]) => items)) || 1;
  const empty = RUNS - runs.length;
  const bars = {};
  const add = (kind, path) => {
    bars[kind] = (bars[kind] ?? "") + path;
  };
  for (let place = 0; place < empty; place += 1) add("none", bar(place, 1));
  runs.forEach(([status, items], at) => {
    const kind = KINDS.get(status) ?? "now";
    const height = LEAST + round(((HIGHEST - LEAST) * items) / most);
    add(kind, bar(empty + at, height) + (kind === "broken" ? dot(empty + at, height) : ""));
  });
  return bars;
}
