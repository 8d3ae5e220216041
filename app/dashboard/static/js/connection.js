// The connection: one socket a page. What breaks is tried again by itself, with longer and longer pauses, and at once when
// somebody asks, comes back to the page or has a network again. The chip says how it stands, the strip when it is tried.

import { io } from "../vendor/socket.io.esm.min.js";
import { shortClock } from "./format.js";
import { say, shell, word } from "./page.js";

const STALE_AFTER_MS = 10_000;
const FIRST_MS = 500;
const MOST_MS = 10_000;
const REFUSED_MS = 2_000;
const TOLD_MS = 1_500; // what is back so soon is not worth a strip
const MOST_DOUBLINGS = 5;

export const socket = io("/live", {
  path: shell.socket.path,
  transports: shell.socket.transports,
  tryAllTransports: true,
  reconnection: false, // done here, so that the page can say when
});

const chip = document.getElementById("connection");
const strip = document.getElementById("retry");
const button = strip.querySelector("button");
let lostAt = Date.now(); // null while the server is heard
let nextAt = null; // when it is tried again
let isSignedOut = false;
let catchesUp = false;
let tries = 0;
let wish = null; // the pause that the server asked for
let timer = 0;
let clockwork = 0;

/** Whether the page hears the server now. */
export const isLive = () => lostAt === null;

/** Says whether what was missed meanwhile is still on its way. */
export function setCatchingUp(on) {
  if (catchesUp === on) return;
  catchesUp = on;
  paint();
}

/** How it stands while the server is heard: one on this machine or on a network of its own is, whatever the browser is told of networks. */
function heard() {
  if (catchesUp) return ["catching-up", word("catchingUp")];
  const isPolling = socket.io.engine?.transport.name === "polling";
  return isPolling ? ["polling", word("polling")] : ["live", word("live")];
}

function state() {
  if (isSignedOut) return ["signed-out", word("signedOut")];
  if (lostAt === null) return heard();
  if (Date.now() - lostAt >= STALE_AFTER_MS) return ["stale", word("stale", { time: shortClock(lostAt) })];
  return navigator.onLine ? ["connecting", word("connecting")] : ["offline", word("noNetwork")];
}

function paint() {
  const [name, text] = state();
  chip.dataset.state = name;
  say(chip, text);
  document.body.classList.toggle("is-stale", name === "stale" || name === "signed-out");
  strip.hidden = !isSignedOut && (lostAt === null || Date.now() - lostAt < TOLD_MS);
  if (strip.hidden) return;
  const left = nextAt === null ? 0 : Math.ceil((nextAt - Date.now()) / 1_000);
  const told = isSignedOut ? word("signInAgain") : left > 0 ? word("nextTry", { n: left }) : word("tries");
  say(strip.querySelector("span"), told);
  say(button, word(isSignedOut ? "reload" : "tryNow"));
}

function lost() {
  lostAt ??= Date.now();
  clockwork ||= setInterval(paint, 500);
  paint();
}

/** Tries once more after a pause: the one that the server asked for, else a longer one each time. */
function later(ms) {
  const grown = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(tries, MOST_DOUBLINGS)) * (0.5 + Math.random());
  const pause = wish ?? ms ?? grown;
  wish = null;
  tries += 1;
  nextAt = Date.now() + pause;
  clearTimeout(timer);
  timer = setTimeout(tryNow, pause);
  lost();
}

function tryNow() {
  clearTimeout(timer);
  nextAt = null;
  if (!isLive()) socket.connect();
  paint();
}

/** Who comes back does not wait for the next turn, and may have signed in elsewhere. */
function wake() {
  if (!document.hidden && (nextAt !== null || isSignedOut)) tryNow();
}

socket.on("connect", () => {
  clearTimeout(timer);
  clearInterval(clockwork);
  clockwork = 0;
  lostAt = null;
  nextAt = null;
  isSignedOut = false;
  tries = 0;
  socket.io.engine.on("upgrade", paint);
  paint();
});
// A closing server tells each page its own moment, so that they do not all come back at once.
socket.on("server_closing", ({ reconnectAfter }) => {
  wish = reconnectAfter;
});
socket.on("disconnect", () => later());
socket.on("connect_error", ({ data }) => {
  isSignedOut = data?.code === "unauthorized" || data?.code === "forbidden";
  if (isSignedOut) lost();
  else later(data && (data.retryAfter ?? REFUSED_MS));
});
button.addEventListener("click", () => (isSignedOut ? location.reload() : tryNow()));
document.addEventListener("visibilitychange", wake);
addEventListener("online", wake);
addEventListener("offline", paint);
lost();
