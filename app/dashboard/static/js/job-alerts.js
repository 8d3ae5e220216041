// The incidents of a job: looked at again when alerts change.

import "./job.js";
import { renewing } from "./snapshot.js";

document.addEventListener("alerts-changed", renewing("incidents"));
