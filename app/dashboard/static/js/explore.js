// What was found is put on a dashboard: as its last panel, under an id of its own.

import { change, showProblem } from "./changes.js";
import { page } from "./page.js";

const TRIES = 5; // each of which loses against somebody else who has just changed the dashboard
const form = document.getElementById("put");

/** The dashboard with the panel at its end. */
function extended(dashboard) {
  const { panels } = dashboard.layout;
  const taken = new Set(panels.map((panel) => panel.id));
  let number = taken.size + 1;
  while (taken.has(`panel-${number}`)) number += 1;
  return { ...dashboard, layout: { ...dashboard.layout, panels: [...panels, { ...page.panel, id: `panel-${number}` }] } };
}

/** Puts it on what the dashboard is now; where that has changed before it is there, on what it has become. */
async function put(address, tries) {
  const kept = await change(address, "GET");
  if (!kept.ok) return kept;
  const answer = await change(address, "PUT", extended(kept.body), { "If-Match": kept.version });
  const beaten = !answer.ok && answer.body?.field === "If-Match";
  return beaten && tries > 1 ? put(address, tries - 1) : answer;
}

form?.removeAttribute("hidden");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const id = form.elements.dashboard.value;
  const answer = await put(`/api/v1/dashboards/${id}`, TRIES);
  if (answer.ok) location.assign(`/dashboards/${id}`);
  else showProblem(answer);
});
