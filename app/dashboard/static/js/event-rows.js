// Rows of events: a click anywhere in one opens its body, as its sentence does by key and by click.

const OWN = "a, button, input, label, select, summary";

document.addEventListener("click", (event) => {
  const row = event.target.closest(".events tbody tr:not(.more)");
  if (!row || event.defaultPrevented || event.detail > 1 || event.target.closest(OWN)) return;
  if (!getSelection().isCollapsed) return; // somebody marks text in it
  const body = row.querySelector(".event-body");
  body.open = !body.open;
});
