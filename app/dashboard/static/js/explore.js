// What was found is put on a dashboard: as its last panel, under an id of its own.

import { change, showProblem } from "./changes.js";
import { page } from "./page.js";

const form = document.getElementById("put");
form?.removeAttribute("hidden");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const id = form.elements.dashboard.value;
  const address = `/api/v1/dashboards/${id}`;
  const kept = await change(address, "GET");
  if (!kept.ok) {
    showProblem(kept);
    return;
  }
  const { panels } = kept.body.layout;
  const taken = new Set(panels.map((panel) => panel.id));
  let number = taken.size + 1;
  while (taken.has(`panel-${number}`)) number += 1;
  panels.push({ ...page.panel, id: `panel-${number}` });
  const answer = await change(address, "PUT", kept.body);
  if (answer.ok) location.assign(`/dashboards/${id}`);
  else showProblem(answer);
});
