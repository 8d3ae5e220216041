// Selectors as people write them one after the other; app/metrics/selector.py reads each.

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const ONE = new RegExp(String.raw`(?:${QUOTED}|\{(?:${QUOTED}|[^}"])*\}|[^,])+`, "gs");

/** Selectors by comma; a comma within quotes or braces belongs to one. */
export function split(text) {
  return (text.match(ONE) ?? []).map((one) => one.trim()).filter(Boolean);
}
