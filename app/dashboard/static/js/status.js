// The status page: renewed every few seconds, value by value, so that nothing jumps.

import "./shell.js";
import { blend } from "./blend.js";
import { showTimes } from "./format.js";
import { snapshot } from "./snapshot.js";

const EVERY_MS = 5_000;
const PLACES = ["as-of", "status", "trouble"];

async function renew() {
  const fresh = document.hidden ? null : await snapshot();
  for (const id of fresh ? PLACES : []) {
    const [here, there] = [document.getElementById(id), fresh.document.getElementById(id)];
    if (!here || !there) continue;
    showTimes(there); // in the viewer's zone before they are compared
    blend(here, there);
  }
  setTimeout(renew, EVERY_MS);
}

setTimeout(renew, EVERY_MS);
