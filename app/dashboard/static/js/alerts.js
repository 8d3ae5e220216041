// Alerts and each of them: each change on the server renews the lists; incidents are few and a person reads them. While
// somebody writes a note, nothing moves under their hands.

import "./shell.js";
import { renewing } from "./snapshot.js";

const EVERY_MS = 10_000; // for figures that go up and down, and for what pends: no room is told
const renew = renewing("states", "alerts", "checked", "incident"); // whichever of them the page has
let missed = false;

function renewIfQuiet() {
  missed = Boolean(document.querySelector(".ack[open], #incident .as-table[open]"));
  if (!missed) renew();
}

document.addEventListener("alerts-changed", renewIfQuiet);
document.addEventListener("toggle", () => {
  if (missed) renewIfQuiet();
}, { capture: true });
setInterval(() => {
  if (!document.hidden) renewIfQuiet();
}, EVERY_MS);
