// A run beside another: what is chosen is shown at once.

import "./job.js";

document.getElementById("compare")?.addEventListener("change", (event) => event.target.form.requestSubmit());
