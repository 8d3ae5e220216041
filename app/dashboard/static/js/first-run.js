// Before the first event: the place that waits for it turns green by itself, and leads to its job.

import "./shell.js";
import { jobPath } from "./row.js";
import { follow } from "./live.js";

function arrived(jobId) {
  document.getElementById("waiting").hidden = true;
  document.getElementById("arrived").hidden = false;
  document.getElementById("run").classList.add("done");
  if (jobId) document.getElementById("first-job").href = jobPath(jobId);
}

follow("events", {
  since: 0,
  onEvents: (events) => arrived(events.find((event) => event.jobId)?.jobId),
  onAgain: () => arrived(), // too many to be replayed, or nothing new to us: they are there
});
