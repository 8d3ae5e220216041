// The one clock by which what stands on a page is changed: what is due at the same time is laid out once, and never more
// often than twice a second.

const PAUSE_MS = 500;
const TICK_MS = 650;
const works = [];
let last = performance.now();
let timer = setTimeout(tick, TICK_MS);

/** Calls `work` with each tick, or after so many ms at the earliest; not while nobody looks. */
export function onTick(work, everyMs = 0) {
  works.push({ work, everyMs, done: performance.now() });
}

/** There is news: ticks now, unless it has just ticked. */
export function tickSoon() {
  if (performance.now() - last >= PAUSE_MS) tick();
}

function tick() {
  clearTimeout(timer);
  timer = setTimeout(tick, TICK_MS);
  last = performance.now();
  if (document.hidden) return;
  for (const each of works) {
    if (last - each.done < each.everyMs) continue;
    each.done = last;
    each.work();
  }
}
