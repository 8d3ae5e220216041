// Dark, light, or as the system has it. The choice travels in a cookie, so that the server paints it from the start.

const YEAR_S = 31_536_000;
const root = document.documentElement;
const buttons = document.querySelectorAll("[data-theme-choice]");
const listeners = new Set();

/** Puts the page in a theme, and leaves the viewer's choice as it is. */
export function wear(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  listeners.forEach((listener) => listener());
}

function choose(theme) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
  show(theme);
  wear(theme);
}

function show(theme) {
  buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme)));
}

/** Calls `listener` whenever colours may have changed. */
export function onTheme(listener) {
  listeners.add(listener);
}

// Paper is white, whatever the screen is.
let before = "system";
addEventListener("beforeprint", () => {
  before = root.dataset.theme ?? "system";
  wear("light");
});
addEventListener("afterprint", () => wear(before));

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => listeners.forEach((listener) => listener()));
buttons.forEach((button) => button.addEventListener("click", () => choose(button.dataset.themeChoice)));
document.getElementById("theme-switch")?.removeAttribute("hidden");
show(root.dataset.theme ?? "system");
