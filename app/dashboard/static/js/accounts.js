// Users, tokens, sessions and the audit log: forms and links do all of it; what is shown once can be copied, and what
// can't be undone is asked about first.

import "./shell.js";
import "./copy.js";

document.addEventListener("submit", (event) => {
  const { sure } = event.target.dataset;
  if (sure && !confirm(sure)) event.preventDefault();
});
