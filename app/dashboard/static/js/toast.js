// Short messages in the corner: one a subject, gone after a while, unless somebody points at it or is in it. Of more than
// three at a time the quietest become one that names them; what is critical or an error stands until it goes by itself.

import { number } from "./format.js";
import { fromTemplate, say, setIcon, word } from "./page.js";

const STAYS_MS = 8_000;
const MOST = 3;
const EARLIER = "earlier";
const QUIET = ["debug", "ok", "info", "warning"];
const shown = new Map();
const earlier = new Map(); // what one message stands for: subjects to their toasts

class Toast {
  constructor(subject) {
    this.subject = subject;
    this.element = fromTemplate("toast");
    this.timer = 0;
    this.cameFrom = null;
    this.gone = () => {};
    this.element.querySelector("button").addEventListener("click", () => this.close());
    const hold = () => clearTimeout(this.timer);
    ["pointerenter", "focusin"].forEach((name) => this.element.addEventListener(name, hold));
    ["pointerleave", "focusout"].forEach((name) => this.element.addEventListener(name, () => this.wait()));
    this.element.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget && !relatedTarget.closest(".toast")) this.cameFrom = relatedTarget;
    });
    shown.set(subject, this);
  }

  /** Shows it where it is read out as it deserves; one that stands there already changes in its place. */
  show(kind, title, detail, icon, href, isUrgent) {
    const area = document.getElementById(isUrgent ? "toasts-assertive" : "toasts-polite");
    this.element.className = `toast ${kind === "critical" ? "error" : kind}`;
    Object.assign(this, { kind, title, href });
    setIcon(this.element.querySelector(".icon"), icon);
    const name = this.element.querySelector(".title");
    name.toggleAttribute("href", Boolean(href));
    if (href) name.href = href;
    say(name, title);
    say(this.element.querySelector(".sub"), detail);
    if (this.element.parentElement !== area) area.append(this.element);
    this.wait();
  }

  get isHeld() {
    return this.element.matches(":hover, :focus-within");
  }

  wait() {
    clearTimeout(this.timer);
    if (shown.get(this.subject) !== this) return; // what is taken away loses the focus, too
    if (!this.isHeld) this.timer = setTimeout(() => this.close(), STAYS_MS);
  }

  close() {
    clearTimeout(this.timer);
    const hadFocus = this.element.matches(":focus-within");
    shown.delete(this.subject);
    this.element.remove();
    if (hadFocus) ([...shown.values()].at(-1)?.element.querySelector("button") ?? this.cameFrom)?.focus();
    this.gone();
  }
}

/**
 * Says something; a toast about the same subject is replaced. Those of the kind critical are read out at once.
 *
 * href: where the title leads. gone: called when it is no longer there.
 */
export function toast(kind, title, detail = "", options = {}) {
  const { subject = title } = options;
  if (earlier.delete(subject)) tellEarlier();
  put(kind, title, detail, { ...options, subject });
  if (shown.size > MOST) fold(subject);
}

function put(kind, title, detail, { icon = kind, subject, href = "", isUrgent = kind === "critical", gone = () => {} }) {
  const one = shown.get(subject) ?? new Toast(subject);
  one.gone = gone;
  one.show(kind, title, detail, icon, href, isUrgent);
}

/** Makes room for the newest. */
function fold(newest) {
  const others = [...shown.values()].filter(({ subject }) => subject !== EARLIER);
  const folded = others
    .filter(({ subject, kind, isHeld }) => subject !== newest && QUIET.includes(kind) && !isHeld)
    .sort((one, other) => QUIET.indexOf(one.kind) - QUIET.indexOf(other.kind))
    .slice(0, 1 + others.length - MOST);
  if (!folded.length || folded.length + earlier.size < 2) return;
  folded.forEach((one) => {
    earlier.set(one.subject, one);
    one.close();
  });
  tellEarlier();
}

function tellEarlier() {
  if (!earlier.size) {
    shown.get(EARLIER).close();
    return;
  }
  const all = [...earlier.values()];
  const ways = new Set(all.map(({ href }) => href).filter(Boolean));
  put(all.some(({ kind }) => kind === "warning") ? "warning" : "info", word("earlier", { n: all.length, nText: number(all.length) }), [...new Set(all.map(({ title }) => title))].join(", "), {
    subject: EARLIER,
    href: ways.size > 1 ? "/alerts" : [...ways][0], // nothing but alerts leads anywhere
    gone: () => earlier.clear(),
  });
}

/** Takes the toast about that subject away, as if it had never been. */
export function withdraw(subject) {
  const one = shown.get(subject);
  if (!one) return;
  one.gone = () => {};
  one.close();
}

/** Closes the one that came last, if there is any. */
export function closeNewest() {
  [...shown.values()].at(-1)?.close();
}
