// The style page: its dialog opens.

import "./shell.js";

document.getElementById("open-dialog").addEventListener("click", () => document.getElementById("dialog").showModal());
