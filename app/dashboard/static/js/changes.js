// What a person changes on the server: one request with the session's token, and what was wrong with it in words.

import { page, say, word } from "./page.js";

/** The answer as `{ok, status, body, version}`: `status` is 0 where none came, `body` the API's object or its problem, `version` what `If-Match` takes. */
export async function change(address, method, body, headers = {}) {
  const answer = await fetch(address, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": page.csrf, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (told?.told) told.detail = told.told; // the same in the language of the page
  return { ok: answer?.ok ?? false, status: answer?.status ?? 0, body: told ?? null, version: answer?.headers.get("ETag") };
}

/** Says on the page why it was not done; hides it again without an answer. */
export function showProblem(answer, area = document.getElementById("problem")) {
  area.hidden = !answer;
  if (!answer) return;
  const { field, detail } = answer.body ?? {};
  say(area.querySelector("div"), [field, detail || word("notDone")].filter(Boolean).join(": "));
  area.scrollIntoView({ block: "nearest" });
}
