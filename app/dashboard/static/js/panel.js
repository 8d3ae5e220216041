// One panel of a dashboard: what the server says of it is painted into its frame; its chart is drawn while it is seen.

import { blend } from "./blend.js";
import { showTimes } from "./format.js";
import { word } from "./page.js";
import { Plot } from "./plot.js";
import { toast } from "./toast.js";

const SLOWEST_MS = 30_000;

export class Panel {
  /** element: its frame. chart: what is drawn in it at first, if it is one. onZoom: see Plot. onSeen: called when it comes into sight. */
  constructor(element, chart, { onZoom, onSeen }) {
    Object.assign(this, { element, onZoom, id: element.dataset.panel, body: element.querySelector("[data-body]") });
    Object.assign(this, { visible: false, asked: -Infinity, plot: null, step: 0 });
    this.empty = !this.body.firstElementChild;
    this.element.classList.toggle("is-waiting", this.empty);
    if (chart) this.take(chart);
    this.sight = new IntersectionObserver(([entry]) => {
      this.visible = entry.isIntersecting;
      this.draw();
      if (this.visible) onSeen(this);
    });
    this.size = new ResizeObserver(() => this.resized());
    this.sight.observe(element);
    this.size.observe(this.body);
    element.addEventListener("click", (event) => this.onTool(event));
  }

  /** Whether it is time to ask for it again: a chart has nothing new before half of its step has passed. */
  isDue(now, refresh) {
    if (!this.visible) return false;
    if (this.empty) return true;
    return refresh > 0 && now - this.asked >= Math.max(refresh, Math.min(this.step / 2, SLOWEST_MS)) - 50;
  }

  /** Whether what it shows is old, since it could not be renewed. */
  setStale(on) {
    this.element.classList.toggle("is-stale", on);
  }

  /** Paints what the server says now. */
  show({ html, chart }) {
    const fresh = this.body.cloneNode(false);
    fresh.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    showTimes(fresh);
    blend(this.body, fresh);
    this.empty = false;
    this.element.classList.remove("is-waiting");
    if (chart) this.take(chart);
    else this.drop();
    this.fillTable();
  }

  take(chart) {
    const place = this.body.querySelector("[data-own]");
    this.step = chart.step;
    if (!place) {
      this.drop(); // nothing was measured: the panel says so instead
      return;
    }
    if (this.plot?.element !== place) {
      this.drop();
      this.plot = new Plot(place, this.element.querySelector("h2").textContent, this.onZoom);
    }
    this.plot.show(chart);
    this.draw();
  }

  drop() {
    this.plot?.forget();
    this.plot = null;
  }

  /** Its frame is gone. */
  forget() {
    this.sight.disconnect();
    this.size.disconnect();
    this.drop();
  }

  draw() {
    if (this.visible) this.plot?.soon();
  }

  resized() {
    if (!this.plot?.element.data) return;
    this.plot.dirty = true;
    this.draw();
  }

  onTool({ target }) {
    const tool = target.closest("[data-tool]")?.dataset.tool;
    if (tool === "table") this.toggleTable(target.closest("[data-tool]"));
    if (tool === "csv" && this.plot) this.save(URL.createObjectURL(new Blob([this.plot.csv()], { type: "text/csv" })), "csv");
    if (tool === "png" && this.plot) this.saveImage();
    if (tool === "csv" || tool === "png") target.closest("details").open = false;
  }

  async saveImage() {
    const place = this.element.querySelector(":scope > .values") ?? this.plot.element; // the one that is seen
    try {
      this.save(await this.plot.image(place), "png");
    } catch (error) {
      toast("error", word("notSaved"), error.message);
    }
  }

  save(address, kind) {
    const link = document.createElement("a");
    link.href = address;
    link.download = `${this.plot.name || this.id}.${kind}`;
    link.click();
    if (kind === "csv") setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  toggleTable(button) {
    const on = this.element.classList.toggle("as-table");
    button.setAttribute("aria-pressed", String(on));
    this.fillTable();
    if (!on) this.draw();
  }

  fillTable() {
    const before = this.element.querySelector(":scope > .values");
    const on = this.element.classList.contains("as-table") && this.plot;
    this.body.hidden = Boolean(on);
    if (!on) {
      before?.remove();
      return;
    }
    const holder = before ?? document.createElement("div");
    holder.className = "values";
    holder.tabIndex = 0;
    holder.replaceChildren(this.plot.table());
    if (!before) this.body.after(holder);
  }
}
