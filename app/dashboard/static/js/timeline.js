// How a chart's moments are placed on its axis and written: in the viewer's zone, by the offset that holds at its end.
//
// A clock that is put back tells one hour twice: by its own word, lines would fold back there. So a whole chart goes by
// one offset, and where the clock was put on or back within it, what is written of a moment says by which.

import { zoneOffset } from "./format.js";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const LOOK_MS = 20 * DAY_MS; // no zone puts its clock on and back within less

const offset = zoneOffset;
const two = (value) => String(value).padStart(2, "0");

function named(ofs) {
  const minutes = Math.abs(ofs) / MINUTE_MS;
  return `${ofs < 0 ? "−" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Whether the clock was put on or back between two moments. */
function turns(from, to) {
  for (let ms = from; ms < to; ms += LOOK_MS) if (offset(ms) !== offset(to)) return true;
  return false;
}

export class Timeline {
  /** from, to: its ends. step: how far its moments lie apart; all in ms. */
  constructor(from, to, step) {
    this.offset = offset(to);
    this.suffix = turns(from, to) ? ` ${named(this.offset)}` : "";
    this.hasDays = this.place(from).slice(0, 10) !== this.place(to).slice(0, 10);
    this.hasSeconds = step < MINUTE_MS;
    this.place = this.place.bind(this);
    this.write = this.write.bind(this);
  }

  /** The moment as Plotly's date axes read it: `2026-11-23 14:32:08`. */
  place(ms) {
    return new Date(ms + this.offset).toISOString().slice(0, 19).replace("T", " ");
  }

  /** The moment that Plotly writes as `2026-11-23 14:32:08.5`, or shorter. */
  moment(text) {
    const [day, time = "00:00"] = String(text).split(" ");
    return Date.parse(`${day}T${time}Z`) - this.offset;
  }

  /** The moment for people: with its day where there are several, with seconds where the step has them. */
  write(ms) {
    const [day, time] = this.place(ms).split(" ");
    return `${this.hasDays ? `${day} ` : ""}${this.hasSeconds ? time : time.slice(0, 5)}${this.suffix}`;
  }

  /** The same as Plotly's format of what the mouse points at. */
  get format() {
    return `${this.hasDays ? "%Y-%m-%d " : ""}${this.hasSeconds ? "%H:%M:%S" : "%H:%M"}${this.suffix}`;
  }
}
