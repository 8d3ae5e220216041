"""Events as they are measured: an item as a shop's spider would report it, in the words of two kinds of sender."""

import json
import os
from datetime import UTC, datetime
from typing import Final

from bench.frames import frame
from scrapewatch.ids import uuid7

EPOCH: Final = uuid7()


def item(number: int) -> str:
    """An item's data, as JSON."""
    return f'{{"title":"Card no. {number:06}","price":"{number % 90}.99"}}'


def envelope(job: str, number: int, at_ms: int) -> str:
    """As the client package writes it: 230 bytes or so."""
    return (
        f'{{"seq":{number},"type":"item_scraped","jobId":"{job}","timestamp":{at_ms},'
        f'"id":"{uuid7()}","epoch":"{EPOCH}","data":{item(number)}}}'
    )


def plain_envelope(job: str, number: int, at_ms: int) -> str:
    """As a stock Socket.IO client writes it, with nothing of ours: no id, and the time as text."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = {
        "title": f"Vintage card no. {number}, near mint",
        "price": f"{number % 90}.99",
        "url": f"https://shop.example/cards/{number}",
        "image": f"https://shop.example/images/{number}.jpg",
    }
    event = {"type": "item_scraped", "jobId": job, "timestamp": at, "data": data}
    return json.dumps(event, separators=(",", ":"))


def message(envelopes: list[str], ack_id: int) -> bytes:
    """A batch as the frame that goes over the wire and asks for an acknowledgement."""
    return frame(f'42{ack_id}["events",[{",".join(envelopes)}]]')


def job_name(what: str) -> str:
    """A job that no earlier run has used."""
    return f"{what}-{os.urandom(4).hex()}"
