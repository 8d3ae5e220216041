// Events in SQLite by better-sqlite3: prepared statements, one transaction a batch, every id once.

import Database from 'better-sqlite3';

const MINUTE_MS = 60_000;
const MOST_AHEAD_MS = 5 * MINUTE_MS;
const KEPT_MS = 30 * 24 * 60 * MINUTE_MS;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    cursor INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    type TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    id TEXT UNIQUE,
    seq INTEGER,
    epoch TEXT,
    data TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS events_by_job ON events (job);
  CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    items INTEGER NOT NULL,
    last_event_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rollups (
    job TEXT NOT NULL,
    minute_ms INTEGER NOT NULL,
    items INTEGER NOT NULL,
    PRIMARY KEY (job, minute_ms)
  ) WITHOUT ROWID;
`;

// Opens the file. `full`: durable at each commit, times checked, the job and its roll-up kept with the events.
export function openStore(file, { full }) {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${full ? 'FULL' : 'NORMAL'}`);
  db.pragma('cache_size = -64000');
  db.exec(SCHEMA);

  const insert = db.prepare(`INSERT OR IGNORE INTO events (job, type, at_ms, received_ms, id, seq, epoch, data)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const countJob = db.prepare(`INSERT INTO jobs (id, items, last_event_ms) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET items = items + excluded.items,
      last_event_ms = max(last_event_ms, excluded.last_event_ms)`);
  const countMinute = db.prepare(`INSERT INTO rollups (job, minute_ms, items) VALUES (?, ?, ?)
    ON CONFLICT (job, minute_ms) DO UPDATE SET items = items + excluded.items`);

  const append = db.transaction((events) => {
    const receivedMs = Date.now();
    const stored = [];
    const rejected = [];
    const tally = full ? new Tally() : null;
    let duplicates = 0;
    for (let index = 0; index < events.length; index++) {
      const event = events[index];
      const field = wrongField(event);
      const atMs = field ? NaN : timeOf(event.timestamp, receivedMs, full);
      if (field || Number.isNaN(atMs)) {
        rejected.push({ index, id: event?.id, code: 'invalid', field: field ?? 'timestamp' });
        continue;
      }
      const { jobId, type, id = null, seq = null, epoch = null, data = {} } = event;
      const { changes, lastInsertRowid } = insert.run(
        jobId, type, atMs, receivedMs, id, seq, epoch, JSON.stringify(data),
      );
      if (!changes) {
        duplicates++;
        continue;
      }
      event.cursor = lastInsertRowid;
      event.receivedAt = receivedMs;
      stored.push(event);
      tally?.add(event, atMs);
    }
    tally?.save(countJob, countMinute);
    return { stored, duplicates, rejected };
  });

  return { append: append.immediate, close: () => db.close() };
}

// The name of the first field that is not of its type; undefined when all four are right.
function wrongField(event) {
  if (typeof event !== 'object' || event === null) return 'event';
  if (typeof event.type !== 'string') return 'type';
  if (typeof event.jobId !== 'string' || event.jobId === '') return 'jobId';
  if (typeof event.timestamp !== 'number' && typeof event.timestamp !== 'string') return 'timestamp';
  if (event.data !== undefined && (typeof event.data !== 'object' || event.data === null)) return 'data';
}

// Ms since 1970, NaN if it is no time. `checked`: one too far ahead becomes the present, one too old is none.
function timeOf(timestamp, nowMs, checked) {
  const atMs = typeof timestamp === 'number' ? Math.trunc(timestamp) : Date.parse(timestamp);
  if (!checked) return atMs;
  if (atMs > nowMs + MOST_AHEAD_MS) return nowMs;
  return atMs < nowMs - KEPT_MS ? NaN : atMs;
}

// What a batch adds to its jobs and their minutes; a batch mostly belongs to one of each.
class Tally {
  #jobs = new Map();

  add({ jobId, type }, atMs) {
    let job = this.#jobs.get(jobId);
    if (!job) this.#jobs.set(jobId, (job = { items: 0, lastMs: 0, minutes: new Map() }));
    if (atMs > job.lastMs) job.lastMs = atMs;
    if (type !== 'item_scraped') return;
    job.items++;
    const minuteMs = atMs - (atMs % MINUTE_MS);
    job.minutes.set(minuteMs, (job.minutes.get(minuteMs) ?? 0) + 1);
  }

  save(countJob, countMinute) {
    for (const [id, { items, lastMs, minutes }] of this.#jobs) {
      countJob.run(id, items, lastMs);
      for (const [minuteMs, count] of minutes) countMinute.run(id, minuteMs, count);
    }
  }
}
