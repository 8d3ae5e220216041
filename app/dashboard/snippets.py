"""What a first visitor pastes: the same job from Scrapy, Python, Node and a shell."""

from string import Template
from typing import Final

DEFAULT_PATH: Final = "/socket.io"

SCRAPY: Final = """\
pip install .                          # in a checkout of Scrapewatch: the client package alone
scrapy crawl my_spider -s ADDONS='{"scrapewatch.scrapy.Addon": 0}'"""

PYTHON: Final = """\
from scrapewatch import Emitter

with Emitter().job("123", source="ebay.com", query="vintage cards") as job:
    for page in job.track(pages):        # progress and ETA by themselves
        job.item({"title": "…", "price": "29.99", "url": "https://…"})"""

NODE: Final = """\
import { io } from "socket.io-client";

const auth = { token: process.env.SCRAPEWATCH_TOKEN };
const socket = io("$address", { ${path}auth });
socket.on("connect_error", ({ message }) => {
  console.error(message);
  if (!socket.active) process.exit(1);   // refused for good; otherwise it tries again
});
const now = () => new Date().toISOString();
await socket.emitWithAck("job_started", { jobId: "123", timestamp: now(),
  data: { source: "ebay.com", query: "vintage cards" } });
await socket.emitWithAck("item_scraped", { jobId: "123", timestamp: now(),
  data: { title: "Vintage Pokemon Card", price: "29.99", url: "https://…" } });
await socket.emitWithAck("job_completed", { jobId: "123", timestamp: now(),
  data: { itemsScraped: 1, duration: 1000, success: true } });
socket.close();"""

CURL: Final = """\
curl $address/api/v1/events \\
  -H "Authorization: Bearer $$SCRAPEWATCH_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '[{"type": "job_started", "jobId": "123", "timestamp": "$moment",
        "data": {"source": "ebay.com", "query": "vintage cards"}},
       {"type": "item_scraped", "jobId": "123", "timestamp": "$moment",
        "data": {"title": "Vintage Pokemon Card", "price": "29.99", "url": "https://…"}},
       {"type": "job_completed", "jobId": "123", "timestamp": "$moment",
        "data": {"itemsScraped": 1, "duration": 1000, "success": true}}]'"""


def snippets(address: str, socket_path: str, moment: str) -> dict[str, str]:
    """The four snippets by the names that the page's template knows.

    Args:
        address: the server's own, without a slash at its end.
        socket_path: the path of its socket; told only where it is not the usual one.
        moment: the present, RFC 3339.
    """
    path = "" if socket_path == DEFAULT_PATH else f'path: "{socket_path}", '
    values = {"address": address, "path": path, "moment": moment}
    return {
        "scrapy_snippet": SCRAPY,
        "python_snippet": PYTHON,
        "node_snippet": Template(NODE).substitute(values),
        "curl_snippet": Template(CURL).substitute(values),
    }
