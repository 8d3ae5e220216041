// A panel's chart: the server's figure drawn by Plotly, its figures as a table, as CSV and as an image.

import { csvText } from "./csv.js";
import { number } from "./format.js";
import { page, word } from "./page.js";
import { onPaper, paperLayout } from "./paper.js";
import { template, token } from "./paint.js";
import { onTheme } from "./theme.js";
import { Timeline } from "./timeline.js";

const TABLE_ROWS = 200;
const IMAGE_SCALE = 2;
const EARLIER = "--text-faint"; // of lines that tell another time
const DASHED_FROM = 4;
const DOT_PX = 4;
const ZOOM_LEAST_MS = 10_000;
const plots = new Set();
const waiting = new Set();

/** In a task of its own after the next frame. */
const later = (work) => requestAnimationFrame(() => setTimeout(work));

function drawNext() {
  const [next] = waiting;
  waiting.delete(next);
  next.draw();
  if (waiting.size) later(drawNext);
}

export class Plot {
  /** element: where it is drawn. name: of the panel. onZoom: called with both ends of a span that was drawn with the mouse. */
  constructor(element, name, onZoom) {
    Object.assign(this, { element, name, onZoom, chart: null, dirty: false, listening: false });
    plots.add(this);
  }

  show(chart) {
    this.chart = chart;
    this.time = new Timeline(...chart.span, chart.step);
    this.dirty = true;
  }

  get traces() {
    return this.chart.figure.data;
  }

  /** Draws it with one of the next frames: one chart a frame, so that many together hold up nothing. */
  soon() {
    if (!waiting.size) later(drawNext);
    waiting.add(this);
  }

  draw() {
    if (!this.dirty || !this.chart || !this.element.offsetParent) return;
    this.dirty = false;
    const { data, layout } = this.painted();
    window.Plotly.react(this.element, data, layout, page.chartConfig);
    if (this.chart.kind !== "gauge") this.listen();
  }

  /** What Plotly draws, in the colours of the present theme. */
  painted() {
    const { kind, figure, span, marks } = this.chart;
    const layout = { ...figure.layout, ...paperLayout(this.element), template: template() };
    if (kind === "gauge") return { data: figure.data.map(dial), layout };
    const { place, format } = this.time;
    const xaxis = { ...layout.xaxis, range: span.map(place), hoverformat: format };
    return { data: figure.data.map((trace, at) => drawn(trace, at, place)), layout: { ...layout, xaxis, ...marked(marks, place) } };
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    this.cross = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.cross.classList.add("cross");
    this.cross.setAttribute("aria-hidden", "true");
    this.cross.append(document.createElementNS("http://www.w3.org/2000/svg", "line"));
    this.element.append(this.cross);
    this.element.addEventListener("mousemove", (event) => this.point(event));
    this.element.addEventListener("mouseleave", () => plots.forEach((plot) => plot.mark(null)));
    this.element.on("plotly_relayout", (change) => {
      const [from, to] = [0, 1].map((end) => this.time.moment(change[`xaxis.range[${end}]`]));
      if (to - from >= ZOOM_LEAST_MS) this.onZoom(Math.round(from), Math.round(to));
    });
  }

  /** Shows on every other chart of the page the moment under the mouse on this one. */
  point(event) {
    const { l, w } = this.element._fullLayout._size; // where the plot is within its element; Plotly tells it nowhere else
    const share = (event.clientX - this.element.getBoundingClientRect().left - l) / w;
    const at = share >= 0 && share <= 1 ? this.chart.span[0] + share * (this.chart.span[1] - this.chart.span[0]) : null;
    plots.forEach((plot) => plot.mark(plot === this ? null : at));
  }

  mark(at) {
    if (!this.cross || !this.chart) return;
    const [from, to] = this.chart.span;
    const seen = at !== null && at >= from && at <= to;
    this.cross.classList.toggle("is-seen", seen);
    if (!seen) return;
    const { l, t, w, h } = this.element._fullLayout._size;
    const x = l + ((at - from) / (to - from)) * w;
    Object.entries({ x1: x, x2: x, y1: t, y2: t + h }).forEach(([name, value]) => this.cross.firstChild.setAttribute(name, value));
  }

  /** The figures as rows, the head first; times as `write` writes them, series as `name` calls them. */
  rows(write, figure, name) {
    if (this.chart.kind === "gauge") return [[word("series"), word("value")], ...this.traces.map((one) => [name(one), figure(one.value)])];
    const times = this.traces[0]?.x ?? [];
    const head = [word("time"), ...this.traces.map(name)];
    return [head, ...times.map((ms, at) => [write(ms), ...this.traces.map((one) => figure(one.y[at]))])];
  }

  /** A table of the newest figures, newest first. */
  table() {
    const [head, ...rows] = this.rows(this.time.write, (value) => (value === null || value === undefined ? "–" : number(value, 2)), (one) => plain(one.name));
    const element = document.createElement("table");
    element.className = "table compact";
    const line = (cells, tag) => {
      const row = document.createElement("tr");
      row.append(...cells.map((text, column) => {
        const cell = document.createElement(tag);
        if (column) cell.className = "num";
        cell.textContent = text;
        return cell;
      }));
      return row;
    };
    element.createTHead().append(line(head, "th"));
    if (this.chart.kind !== "gauge") this.traces.forEach((one, at) => { element.tHead.rows[0].cells[at + 1].title = one.meta.key; });
    if (rows.length > TABLE_ROWS) {
      element.createCaption().textContent = word("tableCut", { shown: number(TABLE_ROWS), all: number(rows.length) });
    }
    element.createTBody().append(...rows.slice(-TABLE_ROWS).reverse().map((cells) => line(cells, "td")));
    return element;
  }

  /** All figures as CSV, times in UTC, series by their raw names. */
  csv() {
    return csvText(this.rows((ms) => new Date(ms).toISOString(), (value) => value, (one) => one.meta.key));
  }

  /** The chart as it stands here, as an image's address; `place` is the element whose size it gets. */
  async image({ offsetWidth: width, offsetHeight: height }) {
    const { data, layout } = this.painted();
    const painted = { ...layout, paper_bgcolor: token("--surface"), margin: { ...layout.margin, t: 40 }, title: { text: escaped(this.name), font: { size: 13 } } };
    return window.Plotly.toImage({ data, layout: painted }, { format: "png", width, height: height + 32, scale: IMAGE_SCALE });
  }

  forget() {
    plots.delete(this);
    this.dirty = false; // one that waits has nothing left to draw
    if (this.listening || this.element.data) window.Plotly.purge(this.element);
  }
}

/** What happened meanwhile: a line at each moment, and its words under the mouse. */
function marked(marks, place) {
  const shapes = marks.map(({ at, token: name }) => ({
    type: "line", x0: place(at), x1: place(at), xref: "x", yref: "paper", y0: 0, y1: 1, layer: "below", line: { color: token(name), width: 1 },
  }));
  const annotations = marks.map(({ at, token: name, text }) => ({
    x: place(at), xref: "x", y: 1, yref: "paper", yanchor: "middle", text: "▾", hovertext: text, showarrow: false, font: { color: token(name), size: 12 },
  }));
  return { shapes, annotations };
}

function drawn(trace, at, place) {
  const color = token(trace.meta.token);
  const one = { ...trace, x: trace.x.map(place) };
  if (trace.type === "bar") return { ...one, marker: { color } };
  const alone = dots(trace.y, color);
  if (trace.meta.token === EARLIER) return { ...one, ...alone, line: { ...trace.line, color, width: 1, dash: "dot" } };
  return { ...one, ...alone, line: { ...trace.line, color, dash: at >= DASHED_FROM ? "6px,3px" : "solid" } };
}

/** A value between two gaps is a dot, or what is measured more seldom than the chart's step would not be seen at all. */
function dots(values, color) {
  const isGap = (value) => value === null || value === undefined;
  const sizes = values.map((value, at) => (!isGap(value) && isGap(values[at - 1]) && isGap(values[at + 1]) ? DOT_PX : 0));
  return sizes.some(Boolean) ? { mode: "lines+markers", marker: { color, size: sizes, opacity: 1, line: { width: 0 } } } : {};
}

function dial(trace) {
  return { ...trace, gauge: { ...trace.gauge, bar: { ...trace.gauge?.bar, color: token(trace.meta.token) } } };
}

/** The server escapes names for Plotly, which reads some markup in them. */
function plain(name) {
  return new DOMParser().parseFromString(name ?? "", "text/html").documentElement.textContent;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

onPaper(() => {
  plots.forEach((plot) => {
    plot.dirty = true;
    plot.draw();
  });
});
onTheme(() => {
  plots.forEach((plot) => {
    plot.dirty = true;
    plot.soon();
  });
});
