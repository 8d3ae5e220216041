// What Scrapewatch is measured beside: a monitoring server as a seasoned Node developer would write it.
//
//     PORT=5001 DATA_DIR=data node server.mjs plain
//
// Forms: `plain` stores events, one durable-enough transaction a batch (synchronous=NORMAL). `same` does the work that
// Scrapewatch does: synchronous=FULL, times read and checked, the job's row and a roll-up kept in the same transaction.
// `coalesce` is `same` and sends viewers what was stored together, every 33 ms, rather than batch by batch.
//
// The protocol is Scrapewatch's, so that one load client serves both: `events` with a list of envelopes on the namespace
// `/`, acknowledged by {ok, accepted, duplicates, rejected} after the commit; `subscribe` with {jobId} on `/live`.

import { createServer } from 'node:http';
import { join } from 'node:path';

import { Server } from 'socket.io';

import { broadcaster } from './broadcast.mjs';
import { openStore } from './store.mjs';

const FORMS = ['plain', 'same', 'coalesce'];
const COALESCE_MS = 33;
const MAX_MESSAGE_BYTES = 2 ** 20;

const form = process.argv[2];
if (!FORMS.includes(form)) {
  console.error(`usage: node server.mjs ${FORMS.join('|')}`);
  process.exit(2);
}

const store = openStore(join(process.env.DATA_DIR ?? '.', 'peer.db'), { full: form !== 'plain' });
const http = createServer((request, response) => {
  response.writeHead(request.url === '/healthz' ? 200 : 404).end();
});
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  maxHttpBufferSize: MAX_MESSAGE_BYTES,
  serveClient: false,
});
const live = io.of('/live');
const broadcast = broadcaster(live, form === 'coalesce' ? COALESCE_MS : 0);

io.on('connection', (socket) => {
  socket.on('events', (events, acknowledge) => {
    let outcome;
    try {
      outcome = store.append(events);
    } catch (error) {
      console.error(error);
      acknowledge?.({ ok: false, code: 'storage_down' });
      return;
    }
    const { stored, duplicates, rejected } = outcome;
    acknowledge?.({ ok: true, accepted: stored.length, duplicates, rejected });
    broadcast(stored);
  });
});

live.on('connection', (socket) => {
  socket.on('subscribe', ({ jobId }, acknowledge) => {
    socket.join(`job:${jobId}`);
    acknowledge?.({ ok: true, room: `job:${jobId}` });
  });
});

process.on('SIGTERM', () => {
  io.close(() => {
    store.close();
    process.exit(0);
  });
});

http.listen(Number(process.env.PORT ?? 5001), '127.0.0.1');
