// The form of a silence: the fields of a weekly one are shown for such a one, in the page's time zone.

import "./shell.js";
import { ZONE } from "./format.js";

const form = document.getElementById("silence");

function showWeekly() {
  const part = form.querySelector("[data-weekly]");
  delete part.dataset.off;
  part.hidden = form.querySelector('[name="length"]').value !== "weekly";
}

if (form) {
  const zone = form.elements.timezone;
  if (!zone.value) zone.value = ZONE;
  form.addEventListener("change", showWeekly);
  showWeekly();
}
