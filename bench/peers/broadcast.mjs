// Stored events on their way to the viewers of their jobs: one message for each job, never one for each event.

// A function that takes stored events, in order, and sends them to `namespace`: at once, or every `everyMs`.
export function broadcaster(namespace, everyMs) {
  const waiting = new Map();

  function send() {
    for (const [room, events] of waiting) {
      namespace.to(room).emit('events', { room, cursor: events.at(-1).cursor, events });
    }
    waiting.clear();
  }

  if (everyMs) setInterval(send, everyMs);

  return function broadcast(stored) {
    const { rooms } = namespace.adapter;
    for (const event of stored) {
      const room = `job:${event.jobId}`;
      if (!rooms.has(room)) continue; // socket.io would encode the message all the same
      const events = waiting.get(room);
      if (events) events.push(event);
      else waiting.set(room, [event]);
    }
    if (!everyMs) send();
  };
}
