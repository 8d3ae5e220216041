// The first page of the history: events that have come since wait behind a pill, so that no row moves under the pointer.

import { number } from "./format.js";
import { follow, leave } from "./live.js";
import { page, say, word } from "./page.js";
import { onTick } from "./ticks.js";

const MOST = 999; // then it is told no more of them
const pill = document.getElementById("new-events");
let count = 0;
let isMore = false; // than could be told one by one

const isAskedFor = ({ type, timestamp }) =>
  (!page.types.length || page.types.includes(type)) && (page.fromMs === null || Date.parse(timestamp) >= page.fromMs);

function onEvents(events) {
  count += events.filter(isAskedFor).length;
  if (count > MOST) stop();
}

function stop() {
  isMore = true;
  count = Math.min(count, MOST);
  leave(page.room);
}

/** Too many have come at once for each to be looked at. */
function onAgain(_, cursor) {
  isMore = true;
  return cursor;
}

function paint() {
  pill.hidden = !count && !isMore;
  const told = count ? word("newEvents", { n: count, nText: `${number(count)}${isMore ? "+" : ""}` }) : word("latest");
  say(pill.querySelector("span"), told);
}

if (page) {
  follow(page.room, { since: page.since, onEvents, onAgain });
  onTick(paint);
  pill.addEventListener("click", () => location.assign(location.href));
}
