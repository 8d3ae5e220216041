// The jobs in a page's table. Those that are open are asked for every few seconds: pace and end change in silence, too.

import { isOver, paintRow } from "./row.js";

const ASK_MS = 5_000;
const RUNS = new Set(["running", "stalled"]);

export class Rows {
  /** table: the element that holds the rows. address: where the API lists the same jobs. */
  constructor(table, address) {
    Object.assign(this, { table, address, asking: false });
    this.read();
    setInterval(() => this.ask(), ASK_MS);
  }

  /** Looks at what stands in the table. */
  read() {
    this.byId = new Map([...this.table.querySelectorAll("tr[data-job]")].map((row) => [row.dataset.job, row]));
  }

  /** Paints the job's row; false if it has none. */
  paint(job) {
    const row = this.byId.get(job.id);
    if (row) paintRow(row, job);
    return row !== undefined;
  }

  add(row) {
    this.byId.set(row.dataset.job, row);
  }

  /** Lets the first one go that does not run; the others stay where they are. */
  dropEnded() {
    const row = [...this.byId.values()].find((one) => !RUNS.has(statusOf(one)));
    row?.remove();
    this.byId.delete(row?.dataset.job);
  }

  async ask() {
    const open = [...this.byId.values()].some((row) => !isOver({ status: statusOf(row) }));
    if (this.asking || document.hidden || !open) return;
    this.asking = true;
    const answer = await fetch(this.address, { headers: { Accept: "application/json" } })
      .then((found) => (found.ok ? found.json() : null))
      .catch(() => null);
    this.asking = false;
    answer?.items.forEach((job) => this.paint(job));
  }
}

const statusOf = (row) => row.querySelector(".status").dataset.status;
