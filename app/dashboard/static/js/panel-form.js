// The form in which a panel is written. Fields that it does not show stay as they are.

import { ask } from "./form.js";
import { split } from "./selectors.js";

const dialog = document.getElementById("panel-form");
const MINUTE_MS = 60_000;
let chosen = false; // whether somebody has said how values are aggregated

/** Paths within a panel, as the server names them, to the fields that hold them. */
const FIELDS = [
  ["title", "title"],
  ["type", "type"],
  ["data.source", "source"],
  ["data.query", "query"],
  ["data.transform", "transform"],
  ["options.chart.type", "chart"],
  ["options.chart.data.metrics", "metrics"],
  ["options.chart.data.timeRange", "range"],
  ["options.chart.data.aggregation", "aggregation"],
  ["options.chart.display.axes.x.label", "xLabel"],
  ["options.chart.display.axes.y.label", "yLabel"],
  ["options.chart.display.title", "title"],
];

function fill({ title, type, data, options }) {
  const { elements } = dialog.querySelector("form");
  const chart = options.chart;
  elements.title.value = title;
  elements.type.value = type;
  elements.source.value = data.source;
  elements.query.value = data.query ?? "";
  elements.transform.value = data.transform ?? "";
  elements.chart.value = chart?.type ?? "line";
  elements.aggregation.value = chart?.data.aggregation ?? "avg";
  chosen = Boolean(chart);
  elements.metrics.value = chart?.data.metrics.join(", ") ?? "performance.itemsPerSecond";
  elements.range.value = (chart?.data.timeRange ?? 60 * MINUTE_MS) / MINUTE_MS;
  elements.xLabel.value = chart?.display.axes.x.label ?? "";
  elements.yLabel.value = chart?.display.axes.y.label ?? "";
  elements.legend.checked = chart?.display.legend ?? true;
  showFields();
}

function showFields() {
  const { elements } = dialog.querySelector("form");
  const chart = dialog.querySelector("[data-chart]");
  chart.hidden = elements.type.value !== "chart";
  chart.disabled = chart.hidden; // what is not seen is not checked either
}

/** What is counted is added up and all else averaged, by the first metric, until somebody chooses. */
function suggest() {
  const { elements } = dialog.querySelector("form");
  const [first = elements.query.value] = split(elements.metrics.value);
  const name = first.split("{")[0].trim();
  const counted = [...dialog.querySelectorAll("#metrics [data-counted]")].some((one) => one.value === name);
  if (!chosen) elements.aggregation.value = counted ? "sum" : "avg";
}

function written(panel) {
  const { elements } = dialog.querySelector("form");
  const data = { ...panel.data, source: elements.source.value };
  for (const name of ["query", "transform"]) {
    if (elements[name].value.trim()) data[name] = elements[name].value.trim();
    else delete data[name];
  }
  const options = { ...panel.options };
  if (elements.type.value === "chart") options.chart = chartOf(options.chart, elements, panel.title);
  return { ...panel, title: elements.title.value, type: elements.type.value, data, options };
}

/** `named`: what the panel was called; the chart keeps a title of its own until the panel gets another. */
function chartOf(before, elements, named) {
  const title = elements.title.value;
  const axes = before?.display.axes;
  return {
    ...before,
    type: elements.chart.value,
    data: {
      ...before?.data,
      metrics: split(elements.metrics.value),
      timeRange: Math.max(1_000, Math.round(Number(elements.range.value) * MINUTE_MS) || 60 * MINUTE_MS),
      aggregation: elements.aggregation.value,
    },
    display: {
      ...before?.display,
      title: title === named ? before?.display.title ?? title : title,
      axes: {
        ...axes,
        x: { ...axes?.x, label: elements.xLabel.value },
        y: { ...axes?.y, label: elements.yLabel.value },
      },
      legend: elements.legend.checked,
    },
  };
}

/** The panel as somebody has written it; null if they went away. `check` says what is wrong with it, null for nothing. */
export function askPanel(panel, check) {
  fill(panel);
  return ask(dialog, { locate, read: () => written(panel), check });
}

function locate(path) {
  const name = FIELDS.find(([known]) => path === known || path.startsWith(`${known}[`))?.[1];
  return name && dialog.querySelector("form").elements[name];
}

if (dialog) {
  const { elements } = dialog.querySelector("form");
  elements.type.addEventListener("change", showFields);
  elements.aggregation.addEventListener("change", () => {
    chosen = true;
  });
  for (const name of ["metrics", "query"]) elements[name].addEventListener("input", suggest);
}
