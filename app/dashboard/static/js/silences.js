// The form of a silence: the fields of a weekly one are shown for such a one, in the viewer's own time zone.

import "./shell.js";

const form = document.getElementById("silence");

function showWeekly() {
  form.querySelector("[data-weekly]").hidden = form.querySelector('[name="length"]').value !== "weekly";
}

if (form) {
  const zone = form.elements.timezone;
  if (!zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  form.addEventListener("change", showWeekly);
  showWeekly();
}
