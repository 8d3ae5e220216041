"""Prometheus from Debian's package, over the same samples: what our charts stand beside.

The samples are made into blocks by promtool, each as long as Prometheus itself would have compacted them, so that it
has nothing left to do but answer.
"""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from app.storage.base_series import HOUR_MS
from bench.month import Month
from tests.server import free_port

BLOCK_MS: Final = 54 * HOUR_MS
"""Two hours, three times threefold: the widest that is not wider than a tenth of a month."""
START_S: Final = 60
_BACKFILL: Final = (
    "promtool", "tsdb", "create-blocks-from", "openmetrics", f"--max-block-duration={BLOCK_MS // HOUR_MS}h",
)  # fmt: skip


def is_installed() -> bool:
    """Whether both programs can be run."""
    return all(map(shutil.which, ("prometheus", "promtool")))


def backfill(month: Month, folder: Path) -> float:
    """Make the month's samples into blocks below `folder`; returns how many bytes they take on the disk."""
    data = folder / "data"
    data.mkdir(parents=True)
    text = folder / "samples.txt"
    first = month.begin_ms - month.begin_ms % BLOCK_MS
    for begin in range(first, month.end_ms, BLOCK_MS):
        with text.open("w") as file:
            file.writelines(month.openmetrics(begin, begin + BLOCK_MS))
        subprocess.run([*_BACKFILL, str(text), str(data)], check=True, capture_output=True)
    text.unlink()
    return float(sum(file.stat().st_size for file in data.rglob("*") if file.is_file()))


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of a Prometheus that answers from the blocks in `folder` and scrapes nothing."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = folder / "prometheus.yml"
    settings.write_text("scrape_configs: []\n")
    command = (
        "prometheus",
        f"--config.file={settings}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=400d",
        "--query.max-samples=500000000",
        "--query.timeout=10m",
    )
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait(address, process)
            yield address
        finally:
            process.terminate()


def query_range(address: str, query: str, from_ms: int, to_ms: int, step_ms: int) -> list[Mapping[str, Any]]:
    """The lines of a chart: each a dict of `metric` and `values`, pairs of seconds and a figure in words."""
    span = {"start": from_ms / 1000, "end": to_ms / 1000, "step": step_ms / 1000}
    answer = json.loads(_get(f"{address}/api/v1/query_range?{urlencode({'query': query, **span})}"))
    lines: list[Mapping[str, Any]] = answer["data"]["result"]
    return lines


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            _get(f"{address}/-/ready")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("Prometheus did not start; its log says why")


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=600) as answer:  # noqa: S310  (our own, on loopback)
        found: bytes = answer.read()
    return found
