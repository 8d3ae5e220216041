// The history: a filter takes effect when it is chosen, and events can be pointed at.

import "./shell.js";

const form = document.getElementById("filters");

const isFilled = (field) => !field.name || field.type === "checkbox" || field.value !== "";

if (form) {
  document.addEventListener("change", ({ target }) => {
    if (target.form === form && target.matches("select, [type=checkbox]")) form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    // An empty filter has no place in the address.
    for (const field of form.elements) field.disabled = !isFilled(field);
  });
  addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
  });
}

for (const button of document.querySelectorAll("[data-copy-address]")) {
  button.dataset.copy = new URL(button.dataset.copyAddress, location).href;
  button.hidden = false;
}
