// Alerts: a change on the server is a new snapshot; incidents are few and a person reads them.

import "./shell.js";

document.addEventListener("alert-changed", () => location.reload());
