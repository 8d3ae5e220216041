// The errors of a job in groups: new ones wait behind a pill, as a group may be open that somebody reads.

import { join } from "./job.js";
import { Waiting } from "./waiting.js";

const waiting = new Waiting("new-errors", "newErrors", "groups");

join({ onEvent: (event) => waiting.add(event.type === "error"), flush: () => waiting.say() });
