// A form in a dialog that is asked for something: it closes once the server finds nothing wrong with what is written.

import { showProblem } from "./changes.js";

/**
 * What somebody has written, or null if they went away.
 *
 * locate: the element that holds what the server names by a path in a problem; none, if it is not shown.
 * read: what stands in the form. check: `{field, detail}` of what is wrong with it, or null.
 */
export function ask(dialog, { locate, read, check }) {
  const form = dialog.querySelector("form");
  clear(form);
  dialog.showModal();
  return new Promise((done) => {
    const asking = new AbortController();
    const { signal } = asking;
    const end = (found) => {
      asking.abort();
      dialog.close();
      done(found);
    };
    const submit = async (event) => {
      event.preventDefault();
      const written = read();
      const problem = await check(written);
      if (signal.aborted) return; // they went away while the server looked at it
      clear(form);
      if (problem) tell(form, locate(problem.field ?? ""), problem);
      else end(written);
    };
    form.addEventListener("submit", submit, { signal });
    form.querySelector("[data-cancel]").addEventListener("click", () => end(null), { signal });
    // Told some time after a closing: that of the time before can come when the dialog is open again.
    dialog.addEventListener("close", () => dialog.open || end(null), { signal });
  });
}

/** Takes back what was said about the form's fields. */
export function clear(form) {
  form.querySelectorAll(".wrong").forEach((note) => note.remove());
  form.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-errormessage");
  });
  showProblem(null, form.querySelector("[data-problem]"));
}

/** At the field that is named; above the form where it shows no such field. */
export function tell(form, field, { field: path, detail }) {
  if (!field) {
    showProblem({ body: { field: path, detail } }, form.querySelector("[data-problem]"));
    return;
  }
  const note = document.createElement("p");
  note.className = "hint wrong";
  note.id = "wrong-field";
  note.setAttribute("role", "alert");
  note.textContent = [field.labels[0]?.textContent ?? field.getAttribute("aria-label"), detail].filter(Boolean).join(": ");
  field.closest(".field").append(note);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-errormessage", note.id);
  field.focus();
}
