// The list of dashboards: made, imported, cloned, deleted, and the one to begin with.

import "./shell.js";
import { change, showProblem } from "./changes.js";

const API = "/api/v1/dashboards";
const EMPTY = { layout: { panels: [], refresh: 5_000 }, theme: { dark: false, colors: {} } };

async function make(config) {
  const answer = await change(API, "POST", config);
  if (answer.ok) location.assign(`/dashboards/${answer.body.id}`);
  else showProblem(answer);
}

const form = document.getElementById("new");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  make({ name: form.elements.name.value, ...EMPTY });
});

const chooser = document.getElementById("import");
chooser?.addEventListener("change", async ({ target }) => {
  const text = await target.files[0].text();
  target.value = "";
  try {
    make(JSON.parse(text));
  } catch (error) {
    showProblem({ body: { detail: String(error.message) } });
  }
});
chooser?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === " ") chooser.querySelector("input").click();
});

const ACTIONS = {
  clone: (id) => change(`/dashboards/${id}/clone`, "POST", {}),
  delete: (id) => change(`${API}/${id}`, "DELETE"),
  home: (id) => change(`${API}/${id}/home`, "PUT"),
  unhome: (id) => change(`${API}/${id}/home`, "DELETE"),
};

document.querySelectorAll("[data-action]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { action, sure } = button.dataset;
    if (sure && !confirm(sure)) return;
    const answer = await ACTIONS[action](encodeURIComponent(button.closest("tr").dataset.dashboard));
    if (!answer.ok) showProblem(answer);
    else if (action === "clone") location.assign(`/dashboards/${answer.body.id}`);
    else location.reload();
  });
});
[form, chooser].forEach((element) => element?.removeAttribute("hidden"));
