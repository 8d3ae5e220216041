// Charts: figures come from the server, events are counted into them here, and Plotly draws the visible ones.

import { duration, now, number } from "./format.js";
import { faded, template, token } from "./paint.js";
import { onPaper, paperLayout } from "./paper.js";
import { page, say, word } from "./page.js";
import { onTheme } from "./theme.js";
import { Timeline } from "./timeline.js";

const MOST_POINTS = 720;
const SETTLED = 0.5; // a step is shown as a rate once this share of it has passed
const TABLE_ROWS = 60;
const FEWEST_STEPS = 12; // a young run is drawn on an axis of that many
const charts = new Set();

class Chart {
  constructor(element, kept) {
    this.element = element;
    this.visible = false;
    element.replaceChildren();
    this.table = document.getElementById(`${element.id}-table`);
    this.table?.addEventListener("toggle", () => this.fillTable());
    this.show(kept);
    const seen = ([entry]) => {
      this.visible = entry.isIntersecting;
      this.draw();
    };
    new IntersectionObserver(seen, { rootMargin: "200px" }).observe(element);
    charts.add(this);
  }

  /** figure, step (ms), per ("second", "step" or null for a state), open (still growing), span (ms kept, or null) */
  show({ figure, step, per, open, span }) {
    Object.assign(this, { figure, step, per, open, span, dirty: true });
    this.times = figure.data[0]?.x ?? [];
    this.values = new Map(figure.data.map((trace) => [trace.meta.key, trace.y]));
    this.sayStep();
  }

  has(key) {
    return this.values.has(key);
  }

  /** Whether the chart still grows; an ended run's last step is shown as it is. */
  setOpen(open) {
    if (open !== this.open) this.dirty = true;
    this.open = open;
  }

  /** Adds `amount` to what was counted at that time. */
  count(key, ms, amount) {
    const at = this.index(ms);
    const values = this.values.get(key);
    if (at < 0 || !values) return;
    values[at] = (values[at] ?? 0) + (this.per === "second" ? (amount * 1000) / this.step : amount);
    this.dirty = true;
  }

  /** Says what was measured at that time. */
  measure(key, ms, value) {
    const at = this.index(ms);
    if (at < 0) return;
    this.values.get(key)[at] = value;
    this.dirty = true;
  }

  index(ms) {
    const slot = ms - (ms % this.step);
    if (!this.times.length) this.extend(slot);
    while (this.times.at(-1) < slot && this.times.length <= MOST_POINTS) this.extend(this.times.at(-1) + this.step);
    if (this.times.length > MOST_POINTS) {
      this.coarsen();
      return this.index(ms);
    }
    return Math.round((slot - this.times[0]) / this.step);
  }

  extend(slot) {
    this.times.push(slot);
    this.values.forEach((values) => values.push(this.per ? 0 : null));
    while (this.span && this.times[0] < slot - this.span) {
      this.times.shift();
      this.values.forEach((values) => values.shift());
    }
  }

  /** Doubles the step: two neighbours become one. */
  coarsen() {
    const double = this.step * 2;
    const slots = [...new Set(this.times.map((ms) => ms - (ms % double)))];
    const place = new Map(slots.map((slot, at) => [slot, at]));
    const share = this.per === "second" ? 0.5 : 1;
    for (const [key, values] of this.values) {
      const merged = slots.map(() => 0);
      values.forEach((value, at) => {
        merged[place.get(this.times[at] - (this.times[at] % double))] += (value ?? 0) * share;
      });
      this.values.set(key, merged);
    }
    this.times = slots;
    this.step = double;
    this.sayStep();
  }

  sayStep() {
    say(document.querySelector(`[data-step="${this.element.id}"]`), word("per", { span: duration(this.step) }));
  }

  /** What is drawn: the present step of a rate counts only the time that has passed of it, and is left out at first. */
  shown(values) {
    if (!this.open || this.per !== "second" || !values.length) return values;
    const passed = Math.min(1, (now() - this.times.at(-1)) / this.step);
    const before = values.slice(0, -1);
    return passed < SETTLED ? before : [...before, values.at(-1) / passed];
  }

  /** Time passes although nothing comes. */
  advance() {
    const last = this.times.at(-1);
    this.index(now());
    if (this.times.at(-1) !== last) this.dirty = true;
  }

  /** Whether there is nothing to draw: nothing was counted, or no state was measured. The twin of figures.is_blank. */
  isBlank() {
    const seen = this.per ? Boolean : Number.isFinite;
    return ![...this.values.values()].some((values) => values.some(seen));
  }

  /** Draws it whether it is seen or not. */
  drawAnew() {
    const { visible } = this;
    Object.assign(this, { visible: true, dirty: true });
    this.draw();
    this.visible = visible;
  }

  draw() {
    if (!this.visible) return;
    if (this.open) this.advance();
    if (!this.dirty) return;
    this.dirty = this.open && this.per === "second";
    const blank = this.isBlank();
    this.element.parentElement.classList.toggle("is-blank", blank);
    if (blank) {
      this.fillTable();
      return;
    }
    const time = this.time();
    const x = this.times.map(time.place);
    const data = this.figure.data.map((trace) => {
      const colour = token(trace.meta.token);
      const values = this.values.get(trace.meta.key);
      // In a stack, the empty rest would lie as a line on top of the others.
      const visible = trace.meta.key !== "" || values.some(Boolean);
      const y = this.shown(values);
      const drawn = { ...trace, x: x.slice(0, y.length), y, visible };
      if (trace.type === "bar") return { ...drawn, marker: { color: colour } };
      if (trace.mode === "markers") {
        return { ...drawn, y: values.map((value) => value || null), marker: { ...trace.marker, color: colour } };
      }
      const fill = trace.stackgroup ? { fillcolor: faded(colour) } : {};
      return { ...drawn, line: { ...trace.line, color: colour }, ...fill };
    });
    if (this.figure.data[0].stackgroup) data.reverse(); // the busiest on top: zeros of the others stay under its line
    const layout = { ...this.layout(time), ...paperLayout(this.element), template: template() };
    window.Plotly.react(this.element, data, layout, page.chartConfig);
    this.fillTable();
  }

  /** Of what it has. */
  time() {
    const last = this.times.at(-1) ?? now();
    return new Timeline(this.span ? last - this.span : this.times[0] ?? last, last, this.step);
  }

  layout({ place, format }) {
    const xaxis = { ...this.figure.layout.xaxis, hoverformat: format };
    const layout = { ...this.figure.layout, xaxis };
    if (this.span && this.times.length) {
      const range = [place(this.times.at(-1) - this.span), place(this.times.at(-1))];
      return { ...layout, xaxis: { ...xaxis, range } }; // all of it, also where nothing was measured yet
    }
    if (!this.times.length || this.times.length >= FEWEST_STEPS) return layout;
    const [from, half] = [this.times[0], this.step / 2];
    const range = [place(from - half), place(from + FEWEST_STEPS * this.step - half)];
    return { ...layout, xaxis: { ...xaxis, range }, uirevision: this.times.length };
  }

  fillTable() {
    if (!this.table?.open) return;
    const { write } = this.time();
    const traces = this.figure.data.map((trace) => this.values.get(trace.meta.key));
    const rows = this.times.slice(-TABLE_ROWS).map((ms, at) => {
      const row = document.createElement("tr");
      const from = Math.max(0, this.times.length - TABLE_ROWS) + at;
      const figures = traces.map((values) => number(values[from], this.per === "step" ? 0 : 1));
      [write(ms), ...figures].forEach((text, column) => {
        const cell = document.createElement("td");
        cell.className = column ? "num" : "mono";
        cell.textContent = text;
        row.append(cell);
      });
      return row;
    });
    this.table.querySelector("tbody").replaceChildren(...rows.reverse());
  }
}

/** The chart of that id, drawn from now on; null where the page has none. */
export function mount(id) {
  const element = document.getElementById(id);
  return element ? new Chart(element, page.charts[id]) : null;
}

onTheme(() => {
  charts.forEach((chart) => {
    chart.dirty = true;
  });
});

onPaper(() => {
  charts.forEach((chart) => chart.drawAnew());
});

function drawAll() {
  if (!document.hidden) charts.forEach((chart) => chart.draw());
}

setInterval(drawAll, 1_000);
document.addEventListener("visibilitychange", drawAll);
