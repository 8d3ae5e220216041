// The list of channels and the delivery log: tests, deletions, repetitions.

import "./shell.js";
import { change, showProblem } from "./changes.js";
import { word } from "./page.js";
import { toast } from "./toast.js";

const API = "/api/v1";

/** What a test came to, in words: the status, how long it took. */
export function verdict({ status, latency }) {
  return [status, word("ms", { n: latency })].filter((part) => part !== null).join(", ");
}

function on(name, act) {
  document.querySelectorAll(`[data-${name}]`).forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const { sure } = button.dataset;
      if (button.hasAttribute("aria-busy") || (sure && !confirm(sure))) return;
      button.setAttribute("aria-busy", "true"); // and not disabled, which would take the focus away
      await act(button.closest("tr").dataset);
      button.removeAttribute("aria-busy");
    });
  });
}

async function reloaded(answer) {
  if (answer.ok) location.reload();
  else showProblem(answer);
}

on("test", async ({ channel }) => {
  const answer = await change(`/settings/channels/${encodeURIComponent(channel)}/test`, "POST", {});
  if (!answer.ok) return showProblem(answer);
  const { ok, reply } = answer.body;
  return toast(ok ? "ok" : "error", word(ok ? "accepted" : "notAccepted"), `${verdict(answer.body)}: ${reply}`, { icon: ok ? "check" : "error" });
});
on("delete", async ({ channel }) => reloaded(await change(`${API}/channels/${encodeURIComponent(channel)}`, "DELETE")));
on("retry", async ({ notice }) => reloaded(await change(`${API}/notices/${notice}/retry`, "POST", {})));
