// The form of a channel: saved, tested, and its text previewed while it is written.

import "./shell.js";
import { change, showProblem } from "./changes.js";
import { verdict } from "./channels.js";
import { clear, tell } from "./form.js";
import { fromTemplate, say } from "./page.js";

const API = "/api/v1/channels";
const PAUSE_MS = 300;
const form = document.getElementById("channel");
const result = document.getElementById("result");
const preview = document.getElementById("preview");
const { elements } = form;
let { id } = form.dataset;
const READ = { list: (text) => text.split(/\s*\n\s*/), truth: (text) => text === "true" };

/** What is written. What is left empty is not sent: a setting is then removed, a secret stays as it is. */
function written() {
  const config = {};
  form.querySelectorAll("[data-kind]").forEach(({ name, value, dataset }) => {
    const text = value.trim();
    if (text) config[name] = READ[dataset.kind]?.(text) ?? text;
  });
  return { name: elements["channel-name"].value.trim(), type: form.dataset.type, config };
}

/** Where the server's names of fields are on the page. */
function locate(path) {
  if (path === "name") return elements["channel-name"];
  return form.querySelector(`[data-kind][name="${CSS.escape(path.replace(/^(config\.)?/, "").split(".")[0])}"]`);
}

async function save() {
  const answer = id ? await change(`${API}/${encodeURIComponent(id)}`, "PUT", written()) : await change(API, "POST", written());
  clear(form);
  if (answer.ok) {
    ({ id } = answer.body);
    history.replaceState(null, "", `/settings/channels/${id}`);
    return true;
  }
  const field = answer.body?.field ? locate(answer.body.field) : null;
  tell(form, field, answer.body ?? { detail: "" });
  return false;
}

async function test() {
  result.setAttribute("aria-busy", "true");
  const answer = await change(`/settings/channels/${encodeURIComponent(id)}/test`, "POST", {});
  result.removeAttribute("aria-busy");
  if (!answer.ok) {
    showProblem(answer, form.querySelector("[data-problem]"));
    return;
  }
  const line = result.querySelector("[data-verdict]");
  const reply = result.querySelector("[data-reply]");
  line.replaceChildren(fromTemplate(answer.body.ok ? "verdict-ok" : "verdict-bad"), ` ${verdict(answer.body)}`);
  say(reply, answer.body.reply);
  result.querySelector("[data-before]").hidden = true;
  line.hidden = false;
  reply.hidden = !answer.body.reply;
  result.scrollIntoView({ block: "nearest" });
}

async function show() {
  const field = form.querySelector("[data-kind=template]");
  const answer = await change(`${API}/preview`, "POST", { name: elements["channel-name"].value, template: field.value });
  clear(form);
  if (answer.ok) {
    say(preview.querySelector("[data-title]"), answer.body.title);
    say(preview.querySelector("[data-text]"), answer.body.text);
  } else if (answer.body) tell(form, field, answer.body);
}

function enable(on) {
  form.querySelectorAll(".actions-row button").forEach((button) => { button.disabled = !on; });
}

async function busy(work) {
  const pressed = document.activeElement.closest("button");
  pressed?.setAttribute("aria-busy", "true");
  enable(false);
  await work();
  enable(true);
  pressed?.removeAttribute("aria-busy");
  pressed?.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  busy(async () => { if (await save()) location.assign("/settings/channels"); });
});
form.querySelector("[data-save-and-test]")?.addEventListener("click", () => {
  if (form.reportValidity()) busy(async () => { if (await save()) await test(); });
});
form.querySelector("[data-only-test]")?.addEventListener("click", () => busy(test));
elements.type?.addEventListener("change", () => location.replace(`/settings/channels/new?${new URLSearchParams({ type: elements.type.value, name: elements["channel-name"].value })}`));

enable(true); // only now: without its script the form can't be sent

let waiting = 0;
form.querySelector("[data-kind=template]").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, PAUSE_MS);
});
show();
