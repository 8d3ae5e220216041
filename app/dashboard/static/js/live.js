// What comes over the connection: rooms that notice gaps and fill them.
//
// Events of a room form a chain: each batch names the cursor before it (`prev`). A batch whose `prev` lies beyond the
// last cursor seen means that something is missing; the room then subscribes again from where it stands. So it does when
// the server says that it skipped something, because this page did not keep up (`lagging`). Rooms of figures (jobs,
// metrics) can't be replayed: whoever enters one again looks at the whole once more.

import { setCatchingUp, socket } from "./connection.js";

const RETRY_MS = 2_000;

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
      settle();
      if (good) waiting.forEach((work) => this.inTurn(work));
      else if (socket.connected) setTimeout(() => rooms.get(this.name)?.subscribe(), RETRY_MS);
    });
  }

  wish() {
    return { room: this.name, batched: true, ...this.names() };
  }

  async answered({ replay = [], cursor, reset }) {
    const returns = this.entered;
    const missed = this.onEvents ? reset : returns || cursor > this.last;
    this.entered = true;
    if (missed) {
      this.last = (await this.onAgain?.(returns, cursor)) ?? this.last;
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

/** Tells the chip whether any room is still being answered. */
function settle() {
  setCatchingUp([...rooms.values()].some((room) => room.waiting));
}

/**
 * Follows a room.
 *
 * since: the cursor that the page shows already; events after it are asked for. Without it only new ones come.
 * onEvents: called with new events in their order. onMessage: called with the room's own message (jobs, metrics, alerts).
 * onAgain: called when what came meanwhile can't be replayed: after every connect but the first (and after that one, if
 * the page is older than it) in a room of figures, when too far behind in a room of events. What comes in the meantime
 * waits for it. It looks at the whole once more and returns the cursor of what it saw; it is told whether the page has
 * been in the room before, and the cursor that the room goes on from. names: gives what else the subscription asks for,
 * such as the jobs that are shown.
 */
export function follow(name, options) {
  const room = new Room(name, options);
  rooms.set(name, room);
  if (socket.connected) room.subscribe();
}

/** Hears no more of a room. */
export function leave(name) {
  rooms.delete(name);
  socket.emit("unsubscribe", { room: name });
  settle();
}

/** Tells the server anew what a room is asked for; whatever it has sent stays as it is. */
export function nameAnew(name) {
  if (socket.connected) socket.emit("subscribe", rooms.get(name).wish());
}

socket.on("events", (batch) => rooms.get(batch.room)?.receive(batch));
["jobs", "metrics", "alerts"].forEach((name) => socket.on(name, (message) => rooms.get(name)?.hear(message)));
socket.on("lagging", ({ room }) => rooms.get(room)?.inTurn(() => rooms.get(room).subscribe()));

socket.on("connect", () => {
  rooms.forEach((room) => {
    room.waiting = null;
    room.subscribe();
  });
  settle();
});
