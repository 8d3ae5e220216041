// The live connection: one socket a page, rooms that notice gaps and fill them, and the chip that says how it stands.
//
// Events of a room form a chain: each batch names the cursor before it (`prev`). A batch whose `prev` lies beyond the
// last cursor seen means that something is missing; the room then subscribes again from where it stands. So it does when
// the server says that it skipped something, because this page did not keep up (`lagging`). Rooms of figures (jobs,
// metrics) can't be replayed: whoever enters one again looks at the whole once more.

import { io } from "../vendor/socket.io.esm.min.js";
import { clock } from "./format.js";
import { say, shell, word } from "./page.js";
import { toast } from "./toast.js";

const STALE_AFTER_MS = 10_000;
const RETRY_MS = 2_000;
const RETURN_MS = 500;

const socket = io("/live", {
  path: shell.socket.path,
  transports: shell.socket.transports,
  tryAllTransports: true,
  reconnectionDelay: RETURN_MS,
  reconnectionDelayMax: 10_000,
});
const rooms = new Map();

class Room {
  constructor(name, { since, onEvents, onMessage, onAgain, names = () => ({}) }) {
    this.name = name;
    this.last = since;
    this.onEvents = onEvents;
    this.onMessage = onMessage;
    this.onAgain = onAgain;
    this.names = names;
    this.entered = false;
    this.waiting = null; // what came while the subscription was being answered
  }

  subscribe() {
    if (this.waiting) return;
    const waiting = [];
    this.waiting = waiting;
    const since = this.last === undefined ? {} : { since: this.last };
    socket.timeout(10_000).emit("subscribe", { ...this.wish(), ...since }, async (late, answer) => {
      if (this.waiting !== waiting) return; // a newer connection has asked, too
      const good = !late && answer?.ok;
      if (good) await this.answered(answer);
      if (this.waiting !== waiting) return;
      this.waiting = null;
      if (good) waiting.forEach((work) => this.inTurn(work));
      else if (socket.connected) setTimeout(() => rooms.get(this.name)?.subscribe(), RETRY_MS);
    });
  }

  wish() {
    return { room: this.name, batched: true, ...this.names() };
  }

  async answered({ replay = [], cursor, reset }) {
    const missed = this.onEvents ? reset : this.entered || cursor > this.last;
    this.entered = true;
    if (missed) {
      this.last = (await this.onAgain?.()) ?? this.last;
      return;
    }
    if (replay.length) this.deliver(replay);
    if (this.last !== undefined && Number.isInteger(cursor)) this.last = Math.max(this.last, cursor);
  }

  /** Does it now, or once the subscription has been answered. */
  inTurn(work) {
    if (this.waiting) this.waiting.push(work);
    else work();
  }

  hear(message) {
    this.inTurn(() => this.onMessage(message));
  }

  receive(batch) {
    this.inTurn(() => this.take(batch));
  }

  take(batch) {
    if (this.last !== undefined && batch.prev > this.last) this.subscribe();
    else this.deliver(batch.events, batch.cursor);
  }

  deliver(events, cursor = 0) {
    const fresh = this.last === undefined ? events : events.filter((event) => event.cursor > this.last);
    if (this.last !== undefined) this.last = Math.max(this.last, cursor, ...fresh.map((event) => event.cursor));
    if (fresh.length) this.onEvents?.(fresh);
  }
}

/** Whether the page hears the server now. */
export const isLive = () => lostAt === null;

/**
 * Follows a room.
 *
 * since: the cursor that the page shows already; events after it are asked for. Without it only new ones come.
 * onEvents: called with new events in their order. onMessage: called with the room's own message (jobs, metrics, alerts).
 * onAgain: called when what came meanwhile can't be replayed: after every connect but the first (and after that one, if
 * the page is older than it) in a room of figures, when too far behind in a room of events. What comes in the meantime
 * waits for it. It looks at the whole once more and returns the cursor of what it saw. names: gives what else the
 * subscription asks for, such as the jobs that are shown.
 */
export function follow(name, options) {
  const room = new Room(name, options);
  rooms.set(name, room);
  if (socket.connected) room.subscribe();
}

/** Leaves a room: nothing more is heard of it. */
export function leave(name) {
  if (rooms.delete(name) && socket.connected) socket.emit("unsubscribe", { room: name });
}

/** Tells the server anew what a room is asked for; whatever it has sent stays as it is. */
export function nameAnew(name) {
  if (socket.connected) socket.emit("subscribe", rooms.get(name).wish());
}

socket.on("events", (batch) => rooms.get(batch.room)?.receive(batch));
["jobs", "metrics", "alerts"].forEach((name) => socket.on(name, (message) => rooms.get(name)?.hear(message)));
socket.on("lagging", ({ room }) => rooms.get(room)?.inTurn(() => rooms.get(room).subscribe()));

const chip = document.getElementById("connection");
let lostAt = null;
let staleTimer = null;

function show(state, text) {
  chip.dataset.state = state;
  say(chip, text);
  document.body.classList.toggle("is-stale", state === "stale");
}

function showLive() {
  const polling = socket.io.engine?.transport.name === "polling";
  show(polling ? "polling" : "live", word(polling ? "polling" : "live"));
}

function showLost() {
  if (lostAt !== null) return;
  lostAt = Date.now();
  show("connecting", word("connecting"));
  staleTimer = setTimeout(() => show("stale", word("stale", { time: clock(lostAt) })), STALE_AFTER_MS);
}

socket.on("connect", () => {
  clearTimeout(staleTimer);
  lostAt = null;
  socket.io.reconnectionDelay(RETURN_MS);
  showLive();
  socket.io.engine.on("upgrade", showLive);
  rooms.forEach((room) => {
    room.waiting = null;
    room.subscribe();
  });
});
// A closing server tells each page its own moment, so that they do not all come back at once.
socket.on("server_closing", ({ reconnectAfter }) => socket.io.reconnectionDelay(reconnectAfter));
socket.on("disconnect", (reason) => {
  showLost();
  if (reason === "io server disconnect") setTimeout(() => socket.connect(), RETRY_MS);
});
socket.on("connect_error", (error) => {
  showLost();
  const code = error.data?.code;
  if (code === "unauthorized" || code === "forbidden") {
    toast("error", word("signedOut"), word("signInAgain"));
  } else if (!socket.active) {
    setTimeout(() => socket.connect(), error.data?.retryAfter ?? RETRY_MS);
  }
});
showLost();
