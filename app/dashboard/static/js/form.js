// A form in a dialog that is asked for something: it closes once the server finds nothing wrong with what is written.

import { showProblem } from "./changes.js";

/**
 * What somebody has written, or null if they went away.
 *
 * fields: pairs of a path, as the server names it in a problem, and the name of the field that holds it.
 * read: what stands in the form. check: `{field, detail}` of what is wrong with it, or null.
 */
export function ask(dialog, fields, read, check) {
  const form = dialog.querySelector("form");
  clear(form);
  dialog.returnValue = "";
  let found = null;
  const submit = async (event) => {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    const written = read();
    const problem = await check(written);
    clear(form);
    if (problem) {
      tell(form, fields, problem);
      return;
    }
    found = written;
    dialog.close("ok");
  };
  form.addEventListener("submit", submit);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      form.removeEventListener("submit", submit);
      done(found);
    }, { once: true });
  });
}

function clear(form) {
  form.querySelectorAll(".wrong").forEach((note) => note.remove());
  form.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-errormessage");
  });
  showProblem(null, form.querySelector("[data-problem]"));
}

/** At the field that is named; above the form where it shows no such field. */
function tell(form, fields, { field: path, detail }) {
  const name = fields.find(([known]) => path === known || path?.startsWith(`${known}[`) || path?.startsWith(`${known}.`))?.[1];
  const field = name && form.elements[name];
  if (!field) {
    showProblem({ body: { field: path, detail } }, form.querySelector("[data-problem]"));
    return;
  }
  const note = document.createElement("p");
  note.className = "hint wrong";
  note.id = `wrong-${name}`;
  note.setAttribute("role", "alert");
  note.textContent = [field.labels[0]?.textContent, detail].filter(Boolean).join(": ");
  field.closest(".field").append(note);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-errormessage", note.id);
  field.focus();
}
