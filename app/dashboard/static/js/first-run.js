// Before the first event: this page becomes the overview by itself.

import "./shell.js";
import { follow } from "./live.js";

const toOverview = () => location.reload();
follow("events", { since: 0, onEvents: toOverview, onAgain: toOverview });
