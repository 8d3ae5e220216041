// The history: a filter takes effect when it is chosen.

import "./shell.js";

const form = document.getElementById("filters");
form.addEventListener("change", (event) => {
  if (event.target.matches("select, [type=checkbox]")) form.requestSubmit();
});
form.addEventListener("submit", () => {
  form.querySelectorAll("input:not([type=checkbox]), select").forEach((field) => {
    field.disabled = field.value === ""; // an empty filter has no place in the address
  });
});
addEventListener("pageshow", () => {
  form.querySelectorAll("input, select").forEach((field) => {
    field.disabled = false;
  });
});
