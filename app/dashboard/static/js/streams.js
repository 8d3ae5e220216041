// Lists that grow: the end of the log with a follow mode, and streams with the newest on top.

import { number, setTime } from "./format.js";
import { onKeys } from "./keys.js";
import { fromTemplate, say, word } from "./page.js";
import { headline, item, level, text } from "./wording.js";

const MOST_LINES = 500;
const MOST_ROWS = 100;
const NEAR_PX = 24;

/** A line of the log, as `template#log-line` has it. */
export function lineOf(event) {
  const line = fromTemplate("log-line");
  const of = level(event);
  line.classList.add(of);
  if (event.replay) line.classList.add("replayed");
  setTime(line.querySelector("time"), event.timestamp);
  say(line.querySelector(".lv"), of.toUpperCase());
  const plain = event.type === "log" || event.type === "error";
  say(line.querySelector(".msg"), plain ? headline(event) : `${event.type} ${headline(event)}`);
  return line;
}

export class Log {
  constructor() {
    this.box = document.getElementById("log");
    this.list = document.getElementById("log-lines");
    this.empty = document.getElementById("no-log");
    this.jump = document.getElementById("jump");
    this.button = document.getElementById("follow");
    this.added = document.createDocumentFragment();
    this.unseen = 0;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.setFollowing(!this.following));
    this.jump.addEventListener("click", () => this.setFollowing(true));
    this.box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    onKeys(word("latest"), { End: () => this.setFollowing(true) });
    this.setFollowing(true);
  }

  /** Takes the lines of a fresh snapshot. */
  adopt(fresh) {
    this.added = document.createDocumentFragment();
    ["log-lines", "no-log"].forEach((id) => fresh.adopt(id));
    if (this.following) this.toEnd();
  }

  add(event) {
    this.added.append(lineOf(event));
    this.unseen += 1;
  }

  /** Puts what was added into the page, all at once. */
  flush() {
    if (!this.added.childElementCount) return;
    this.list.append(this.added);
    while (this.list.childElementCount > MOST_LINES) this.list.firstElementChild.remove();
    this.empty.hidden = true;
    if (this.following) this.toEnd();
    else this.showUnseen();
  }

  scrolled() {
    const atEnd = this.box.scrollTop + this.box.clientHeight >= this.box.scrollHeight - NEAR_PX;
    if (atEnd !== this.following) this.setFollowing(atEnd);
  }

  setFollowing(following) {
    this.following = following;
    this.button.setAttribute("aria-pressed", String(following));
    if (following) this.toEnd();
  }

  toEnd() {
    this.unseen = 0;
    this.jump.hidden = true;
    this.box.scrollTop = this.box.scrollHeight;
  }

  showUnseen() {
    this.jump.hidden = false;
    say(this.jump.querySelector("span"), word("newLines", { n: this.unseen, nText: number(this.unseen) }));
  }
}

/** Items or errors: the newest on top, none inserted while the reader has scrolled down. */
export class Stream {
  constructor(name) {
    this.list = document.getElementById(name);
    this.name = name;
    this.empty = document.getElementById(`no-${name}`);
    this.row = name === "items" ? itemRow : errorRow;
    this.waiting = [];
    this.list.addEventListener("scroll", () => this.flush(), { passive: true });
  }

  /** Takes the rows of a fresh snapshot. */
  adopt(fresh) {
    this.waiting = [];
    [this.name, `no-${this.name}`].forEach((id) => fresh.adopt(id));
  }

  add(event) {
    this.waiting.push(event);
    if (this.waiting.length > MOST_ROWS) this.waiting.shift();
  }

  flush() {
    if (!this.waiting.length || this.list.scrollTop > NEAR_PX) return;
    const rows = this.waiting.splice(0).reverse().map(this.row);
    this.list.prepend(...rows);
    while (this.list.childElementCount > MOST_ROWS) this.list.lastElementChild.remove();
    this.empty.hidden = true;
  }
}

function itemRow(event) {
  const shown = item(event);
  const row = fromTemplate("item-line");
  setTime(row.querySelector("time"), shown.timestamp);
  const [title, place] = row.querySelectorAll("div > span");
  say(title, shown.title);
  say(place, shown.place);
  say(row.querySelector(".num"), shown.price);
  if (shown.href) title.replaceWith(link(shown));
  return row;
}

function link({ href, title }) {
  const element = document.createElement("a");
  element.className = "plain";
  element.href = href;
  element.target = "_blank";
  element.rel = "noopener noreferrer nofollow";
  element.textContent = title;
  return element;
}

function errorRow(event) {
  const row = fromTemplate("error-line");
  setTime(row.querySelector("time"), event.timestamp);
  const [message, place] = row.querySelectorAll("div > span");
  say(message, headline(event));
  say(place, text(event.data.url));
  if (Number.isFinite(event.data.count)) say(row.querySelector(".num"), `× ${number(event.data.count)}`);
  return row;
}
