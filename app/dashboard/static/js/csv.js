// Rows as CSV that a spreadsheet shows and never runs. The twin of app/api/spreadsheet.py.

const BLANK = "\\s\\x1c-\\x1f\\x85"; // \s as Python has it
const RUNS = new RegExp(`^(?:[${BLANK}"'\\0]*[=+\\-@＝＋－＠]|[\\t\\r\\n\\0])`);

/** Numbers stay as they are; a text that begins like a formula gets a leading apostrophe. */
function defused(cell) {
  if (typeof cell === "number") return String(cell);
  const text = String(cell ?? "");
  return RUNS.test(text) ? `'${text}` : text;
}

const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Rows of texts, numbers and nothing as RFC 4180 text with CRLF ends. */
export function csvText(rows) {
  return rows.map((cells) => `${cells.map((cell) => quoted(defused(cell))).join(",")}\r\n`).join("");
}
