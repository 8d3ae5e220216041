// Sends events by the stock client: a JSON line in is an event, a JSON line out is what the server said to it.

import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const { SCRAPEWATCH_URL, SCRAPEWATCH_TOKEN } = process.env;
const socket = io(SCRAPEWATCH_URL, { auth: { token: SCRAPEWATCH_TOKEN } });
socket.on("connect_error", (error) => {
  console.error(error.message, error.data);
  process.exit(1);
});
for await (const line of createInterface({ input: process.stdin })) {
  const { type, ...event } = JSON.parse(line);
  console.log(JSON.stringify(await socket.timeout(10_000).emitWithAck(type, event)));
}
socket.close();
