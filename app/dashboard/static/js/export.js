// Exports that say how far they are: the file comes in pieces, its rows are counted, and it can be called off. All of it
// is held by the page meanwhile, so that this is for those whose rows could be counted to the last; longer ones the
// browser downloads by the same links, straight to the disk.

import { number } from "./format.js";
import { say, word } from "./page.js";
import { toast } from "./toast.js";

const NEWLINE = 10;
const QUOTE = 34;
const menu = document.getElementById("export");
const bar = document.getElementById("export-run");
let total = null; // the rows of an export, where all could be counted

/** Counts the rows of a file as its bytes come; in a CSV a quoted cell may hold line ends, and the head is no row. */
export function rowCounter(isCsv) {
  let rows = isCsv ? -1 : 0;
  let isQuoted = false;
  return (bytes) => {
    for (const byte of bytes) {
      if (isCsv && byte === QUOTE) isQuoted = !isQuoted;
      else if (byte === NEWLINE && !isQuoted) rows += 1;
    }
    return Math.max(0, rows);
  };
}

function show(rows) {
  bar.querySelector("progress").value = Math.min(rows, total);
  say(bar.querySelector("span"), word("rowsOf", { n: rows, nText: number(rows), all: number(total) }));
}

/** Reads the whole of it, telling how many rows there are so far. */
async function read(link, signal) {
  const response = await fetch(link.href, { signal });
  if (!response.ok) throw new Error(`${response.status}`);
  const count = rowCounter(new URL(link.href).pathname.endsWith(".csv"));
  const parts = [];
  const reader = response.body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    parts.push(piece.value);
    show(count(piece.value));
  }
  return new Blob(parts, { type: response.headers.get("Content-Type") });
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function run(link) {
  const call = new AbortController();
  const cancel = bar.querySelector("button");
  const stop = () => call.abort();
  bar.querySelector("progress").max = total;
  bar.hidden = false;
  show(0);
  cancel.addEventListener("click", stop);
  try {
    save(await read(link, call.signal), new URL(link.href).pathname.split("/").pop());
  } catch (error) {
    if (!call.signal.aborted) toast("error", word("notExported"), word("exportAgain"));
  } finally {
    cancel.removeEventListener("click", stop);
    bar.hidden = true;
  }
}

async function tellCount() {
  const place = menu.querySelector("[data-n]");
  const response = await fetch(menu.dataset.count).catch(() => null);
  place.hidden = !response?.ok || response.redirected;
  if (place.hidden) return;
  const { count, exact } = await response.json();
  total = exact ? count : null;
  say(place, `${number(count)}${exact ? "" : "+"}`);
}

if (menu) {
  menu.addEventListener("toggle", tellCount, { once: true }); // it is read off the events, so only who asks waits for it
  menu.addEventListener("click", (event) => {
    const link = event.target.closest("a[download]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    menu.open = false;
    if (total === null || !bar.hidden) return;
    event.preventDefault();
    run(link);
  });
}
