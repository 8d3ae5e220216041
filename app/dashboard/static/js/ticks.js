// The one clock by which what stands on a page is changed: what is due at the same time is laid out once.

const TICK_MS = 500;
const works = [];
let count = 0;

/** Calls `work` with each tick, two a second, or with each `every`th; not while nobody looks. */
export function onTick(work, every = 1) {
  works.push({ work, every });
}

setInterval(() => {
  count += 1;
  if (!document.hidden) works.forEach(({ work, every }) => count % every === 0 && work());
}, TICK_MS);
