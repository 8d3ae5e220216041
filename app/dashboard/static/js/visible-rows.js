// The rows of the list of jobs. Only those that can be seen are painted, twice a second at most; what the others would
// show waits until they are.

import { paintFacts, paintJob, paintLate } from "./job-cells.js";

export class VisibleRows {
  /** list: the element that holds the table. */
  constructor(list) {
    this.list = list;
    this.readings = 0;
    this.seen = new IntersectionObserver((entries) => this.look(entries));
    this.read();
  }

  /** Looks at what stands in the table. */
  read() {
    this.readings += 1;
    this.seen.disconnect();
    const rows = [...this.list.querySelectorAll("tr[data-job]")];
    this.byId = new Map(rows.map((row) => [row.dataset.job, row]));
    this.jobs = new Map();
    this.facts = new Map();
    this.visible = new Set();
    rows.forEach((row) => this.seen.observe(row));
  }

  look(entries) {
    for (const { target, isIntersecting } of entries) {
      target.toggleAttribute("data-unseen", !isIntersecting);
      if (isIntersecting) this.visible.add(target.dataset.job);
      else this.visible.delete(target.dataset.job);
    }
  }

  ids() {
    return [...this.byId.keys()];
  }

  /** The store's numbers of the jobs that can be seen. */
  keys() {
    return [...this.visible].map((id) => this.byId.get(id).dataset.key);
  }

  /** Those of all. */
  allKeys() {
    return [...this.byId.values()].map((row) => row.dataset.key);
  }

  /** The job is so now. */
  take(job) {
    if (this.byId.has(job.id)) this.jobs.set(job.id, job);
  }

  /** The same of what the server has added up. */
  takeFacts(facts) {
    if (this.byId.has(facts.job.id)) this.facts.set(facts.job.id, facts);
  }

  /** How many jobs have changed that are not painted so. */
  get waiting() {
    return this.jobs.size;
  }

  paint() {
    for (const id of this.visible) {
      const row = this.byId.get(id);
      const [job, facts] = [this.jobs.get(id), this.facts.get(id)];
      this.jobs.delete(id);
      this.facts.delete(id);
      const changed = [facts?.job, job].filter(Boolean).map((one) => paintJob(row, one)).some(Boolean);
      if (facts) paintFacts(row, facts);
      paintLate(row);
      if (changed) flash(row);
    }
  }
}

function flash(row) {
  row.classList.remove("flash");
  requestAnimationFrame(() => row.classList.add("flash"));
}
