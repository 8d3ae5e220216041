// Alerts: each change on the server renews the lists; incidents are few and a person reads them.

import "./shell.js";
import { renewing } from "./snapshot.js";

document.addEventListener("alerts-changed", renewing("alerts"));
