// Buttons that copy: the text they carry, or that of the code beside them.

import { say, word } from "./page.js";

async function toast(...said) {
  (await import("./toast.js")).toast(...said);
}

async function copy(button) {
  const code = button.closest(".code-wrap")?.querySelector("code, pre");
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? code.textContent);
  } catch {
    toast("error", word("notCopied"), word("copyByHand"));
    return;
  }
  const label = button.querySelector("span");
  if (!label) {
    toast("ok", word("copied"), "", { icon: "check" });
    return;
  }
  const before = label.textContent;
  say(label, word("copied"));
  setTimeout(() => say(label, before), 2_000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], .code-wrap > .button");
  if (button) copy(button);
});
document.querySelectorAll("[data-copy], .code-wrap > .button").forEach((button) => button.removeAttribute("hidden"));
