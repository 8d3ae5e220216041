// Every event of a job: new ones wait behind a pill.

import "./event-rows.js";
import { join } from "./job.js";
import { page } from "./page.js";
import { Waiting } from "./waiting.js";

const waiting = new Waiting("new-events", "newEvents", "raw");

join({ onEvent: (event) => waiting.add(!page.type || event.type === page.type), flush: () => waiting.say() });
