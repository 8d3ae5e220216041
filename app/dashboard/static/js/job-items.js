// The items of a job as a table: new ones wait behind a pill.

import { join } from "./job.js";
import { Waiting } from "./waiting.js";

const waiting = new Waiting("new-items", "newItems", "items-table", "items-fields");

join({ onEvent: (event) => waiting.add(event.type === "item_scraped"), flush: () => waiting.say(), onAgain: () => waiting.say() });
