// Colours for what Plotly draws: the design's tokens as they are in the present theme.

import { page, shell } from "./page.js";
import { onTheme } from "./theme.js";

const ROOT_PX = 16;
const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);

/** The present value of a token or a colour: read through an element, since a token holds a pair. */
export function token(name) {
  if (name.startsWith("--font")) return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  probe.style.color = name.startsWith("#") ? name : `var(${name})`;
  return getComputedStyle(probe).color;
}

function resolved(value) {
  if (typeof value === "string") return value.startsWith("--") ? token(value) : value;
  if (Array.isArray(value)) return value.map(resolved);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
}

export function faded(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g);
  return `rgba(${red}, ${green}, ${blue}, 0.14)`;
}

/** Plotly counts in pixels: its letters and margins grow with the page's, as on a wall screen. */
function scaled({ layout, ...rest }) {
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / ROOT_PX;
  const { font, margin, hoverlabel } = layout;
  const grown = (sizes) => Object.fromEntries(Object.entries(sizes).map(([side, px]) => [side, Math.round(px * scale)]));
  const letters = (of) => ({ ...of, size: Math.round(of.size * scale) });
  return { ...rest, layout: { ...layout, font: letters(font), margin: grown(margin), hoverlabel: { ...hoverlabel, font: letters(hoverlabel.font) } } };
}

/** The signs that numbers are written with in a language, the page's: of decimals, then of thousands. */
export function separators(locale = shell.locale) {
  const parts = new Intl.NumberFormat(locale).formatToParts(12345.6);
  return ["decimal", "group"].map((type) => parts.find((part) => part.type === type)?.value ?? "").join("");
}

let made = null;

/** Plotly's template in the colours of the present theme. */
export function template() {
  made ??= scaled(resolved(page.chartTemplate));
  made.layout.separators ??= separators();
  return made;
}

onTheme(() => {
  made = null;
});
