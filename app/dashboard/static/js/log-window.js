// A window over a log that is longer than a page can hold: it grows at its ends while one scrolls, and gives up what is
// far away. It stands at the end of the log (`!hasNewer`) and takes new lines, or somewhere within and counts them.
//
// Lines are never painted anew: they are put in and taken out. Nothing is taken out, nor scrolled, under selected text.

import { number, showTimes } from "./format.js";
import { say, word } from "./page.js";
import { lineOf } from "./streams.js";

const MOST_LINES = 2_000;
const MOST_RECENT = 1_000; // new lines that are remembered while the window stands elsewhere
const BATCH_MS = 100;
const NEAR_PX = 24;
const AHEAD_PX = 800;

const element = (id) => document.getElementById(id);

const cursorOf = (text) => (text ? Number(text) : null);

/** Lines of a list, and before which cursor there may be more and after which; null for none. */
export const partOf = ({ children, dataset }) => ({ lines: [...children], older: cursorOf(dataset.older), newer: cursorOf(dataset.newer) });

export class LogWindow {
  /** read: gives the lines around a place, `{before}`, `{after}` or none for the newest. finish: called with each new line. */
  constructor({ read, finish, follows }) {
    Object.assign(this, { read, finish, box: element("log"), list: element("log-lines"), queue: [], recent: [] });
    Object.assign(this, { unseen: 0, paused: false, loading: false, timer: null, isSelected: false });
    this.adopt(partOf(this.list));
    this.box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    element("jump").addEventListener("click", () => this.latest());
    document.addEventListener("selectionchange", () => { // asked for each time it would cost a layout
      const selection = getSelection();
      this.isSelected = selection.type === "Range" && this.list.contains(selection.anchorNode);
    });
    this.setFollowing(follows && !this.hasNewer);
  }

  adopt({ older, newer }) {
    Object.assign(this, { older, newer });
    this.say();
  }

  get hasOlder() {
    return this.older !== null;
  }

  get hasNewer() {
    return this.newer !== null;
  }

  /** There are newer lines than those in the window. */
  miss() {
    this.newer ??= this.edge(this.list.lastElementChild);
  }

  say() {
    element("older").hidden = !this.hasOlder;
    element("newer").hidden = !this.hasNewer;
    element("no-log").hidden = this.list.childElementCount > 0;
    element("jump").hidden = !this.unseen && !this.hasNewer;
    say(element("jump").querySelector("span"), this.unseen ? word("newLines", { n: this.unseen, nText: number(this.unseen) }) : word("latest"));
    element("follow").setAttribute("aria-pressed", String(this.following ?? false));
    element("pause").setAttribute("aria-pressed", String(this.paused));
  }

  /** Takes a new line; what came together is put into the page together. */
  add(event) {
    this.queue.push(event);
    this.timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  flush() {
    this.timer = null;
    const events = this.queue.splice(0);
    this.recent.push(...events);
    this.recent.splice(0, this.recent.length - MOST_RECENT);
    const held = this.paused || this.isSelected;
    const isFull = this.list.childElementCount + events.length > MOST_LINES && !(this.following && !held);
    if (this.paused || this.hasNewer || isFull) this.miss();
    else this.append(events);
    if (!this.following || held || this.hasNewer) this.unseen += events.length;
    else this.toEnd();
    this.say();
  }

  append(events) {
    const last = this.edge(this.list.lastElementChild);
    const lines = events.filter((event) => event.cursor > last).map((event) => this.finish(lineOf(event), event));
    this.list.append(...lines);
    if (this.following && !this.isSelected) this.trim(true);
  }

  edge(line) {
    return line ? Number(line.id.slice(1)) : 0;
  }

  /** Gives up lines at the far end, so that what is seen stays where it is. */
  trim(atStart) {
    const before = this.following ? 0 : this.box.scrollHeight;
    let gone = 0;
    while (this.list.childElementCount > MOST_LINES) {
      (atStart ? this.list.firstElementChild : this.list.lastElementChild).remove();
      gone += 1;
    }
    if (!gone) return;
    if (atStart) {
      this.older = this.edge(this.list.firstElementChild);
      if (!this.following) this.box.scrollTop -= before - this.box.scrollHeight;
    } else this.newer = this.edge(this.list.lastElementChild);
  }

  async load(older, left = 9) {
    if (this.loading || this.isSelected || !(older ? this.hasOlder : this.hasNewer)) return;
    const part = await this.reading(older ? { before: this.older } : { after: this.newer });
    if (!part) return;
    if (older) {
      const before = this.box.scrollHeight;
      this.list.prepend(...part.lines);
      this.box.scrollTop += this.box.scrollHeight - before;
      this.older = part.older;
    } else {
      this.list.append(...part.lines);
      this.newer = part.newer;
      this.catchUp();
    }
    this.trim(!older);
    this.say();
    if (!part.lines.length && left) await this.load(older, left - 1); // what was looked at in vain
  }

  async reading(place) {
    this.loading = true;
    const part = await this.read(place).finally(() => {
      this.loading = false;
    });
    part?.lines.forEach(showTimes);
    return part;
  }

  /** What came while the newest lines were being read. */
  catchUp() {
    if (this.hasNewer) return;
    const last = this.edge(this.list.lastElementChild);
    if (this.recent.length === MOST_RECENT && this.recent[0].cursor > last) this.miss();
    else this.append(this.recent);
  }

  /** Goes to the end and stays there. */
  async latest() {
    this.paused = false;
    getSelection().removeAllRanges();
    if (this.hasNewer) {
      const part = await this.reading({});
      if (part) this.show(part);
    }
    this.setFollowing(true);
  }

  /** Shows other lines. */
  show(part) {
    part.lines.forEach(showTimes);
    this.list.replaceChildren(...part.lines);
    this.adopt(part);
    this.catchUp();
  }

  setFollowing(following) {
    this.following = following && !this.hasNewer;
    if (this.following) this.toEnd();
    this.say();
  }

  setPaused(paused) {
    if (paused) {
      this.paused = true;
      this.following = false;
      this.say();
    } else this.latest();
  }

  toEnd() {
    this.unseen = 0;
    this.box.scrollTop = this.box.scrollHeight;
  }

  /** Scrolls to a line, and the page around it not at all. */
  centre(line) {
    const off = line.getBoundingClientRect().top - this.box.getBoundingClientRect().top;
    this.box.scrollTop += off - this.box.clientHeight / 2;
  }

  scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.box;
    const left = scrollHeight - scrollTop - clientHeight;
    const atEnd = left < NEAR_PX && !this.hasNewer && !this.paused;
    if (atEnd !== this.following) this.setFollowing(atEnd);
    if (scrollTop < AHEAD_PX && this.hasOlder && !this.following) this.load(true);
    else if (left < AHEAD_PX && this.hasNewer && !this.paused) this.load(false);
  }
}
