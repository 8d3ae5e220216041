"""Charts over a month of samples, beside Prometheus on the very same, and what writing thousands of series costs.

A chart is asked for over HTTP, with an end that moves so that no answer is known already. How long the server took it
says itself (``Server-Timing``); beside Prometheus both are timed from here. Some points of what comes back are counted
again from the samples themselves; a difference ends the measurement. Prometheus is asked for the same
span and step, and to look at every sample of a step as ours does; it can't merge quantiles, so its p95 over several
series is the 95th percentile of theirs.
"""

import json
import random
import statistics
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from app.storage.base_series import HOUR_MS, MINUTE_MS
from bench import prometheus
from bench.figures import Figure, ratios
from bench.month import NAME, Month, fill
from bench.target import READ_TOKEN, TOKEN, cpu_s, started
from tests.server import Server

ASKED: Final = 5
"""How often a round asks for a chart; Prometheus is asked once."""
RECOUNTED: Final = 3
"""Points of a chart that are counted again."""
ANSWERED_S: Final = 10
ROLLED_UP_S: Final = 60
IDLE_SHARE: Final = 0.1
"""Of a core; its own figures take less."""
NAMES: Final = 40
PLACES: Final = 50
"""Of so many series each name is written, once a second."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is shown: which labels, how combined, and the same in Prometheus' words with `{w}` for the step."""

    agg: str
    where: Mapping[str, str]
    by: str
    words: str


_ONE: Final = {"source": "s1", "worker": "w1"}
_SOURCE: Final = {"source": "s1"}
CHARTS: Final = (
    Chart("avg", _ONE, "", 'avg_over_time(queue{source="s1",worker="w1"}[{w}])'),
    Chart("p95", _ONE, "", 'quantile_over_time(0.95, queue{source="s1",worker="w1"}[{w}])'),
    Chart("avg", _SOURCE, "", 'avg(avg_over_time(queue{source="s1"}[{w}]))'),
    Chart("p95", _SOURCE, "", 'quantile(0.95, quantile_over_time(0.95, queue{source="s1"}[{w}]))'),
    Chart("avg", _SOURCE, "worker", 'avg by (worker) (avg_over_time(queue{source="s1"}[{w}]))'),
    Chart("avg", {}, "", "avg(avg_over_time(queue[{w}]))"),
    Chart("max", {}, "", "max(max_over_time(queue[{w}]))"),
    Chart("avg", {}, "source", "avg by (source) (avg_over_time(queue[{w}]))"),
    Chart("p95", {}, "", "quantile(0.95, quantile_over_time(0.95, queue[{w}]))"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """How far a chart looks back, by how much its end moves, and what it may take."""

    name: str
    length_ms: int
    move_ms: int
    most_ms: int
    beside: str = ""


SPANS: Final = (
    Span("1 h", HOUR_MS, MINUTE_MS, 20),
    Span("24 h", 24 * HOUR_MS, MINUTE_MS, 20),
    Span("7 d", 7 * 24 * HOUR_MS, HOUR_MS, 50, "< 1"),
    Span("30 d", 30 * 24 * HOUR_MS, HOUR_MS, 50, "< 1"),
)

_RECOUNT: Final[Mapping[str, Callable[[list[float]], float]]] = {
    "avg": statistics.fmean,
    "max": max,
    "p95": lambda values: sorted(values)[int(0.95 * (len(values) - 1))],
}


def measure(server: Server, folder: Path, month: Month, rounds: int, written_s: int = 65) -> list[Figure]:
    """Fill the database of `server`, ask it, and write; then the same of a Prometheus, if it can be had.

    One after the other: what either does by itself after an answer would take its time from the other.

    Args:
        server: not started; keeps its database as ``scrapewatch.db`` in `folder`.
        folder: of its data.
        month: the samples.
        rounds: how often every chart is asked for.
        written_s: how long 2,000 series are written in a round.

    Raises:
        RuntimeError: a chart does not show what the samples say.
    """
    database = folder / "scrapewatch.db"
    fill(month, database)
    sizes = [Figure("a sample on the disk", "bytes", [database.stat().st_size / month.samples])]
    with started(server):
        _until_rolled_up(server, month)
        _until_idle(server)
        asked = {span: [_round(server, month, span, number) for number in range(rounds)] for span in SPANS}
        written = [_write(server, written_s) for _ in range(rounds)]
    other, more = _beside(month, folder / "prometheus", asked)
    charts = [figure for span, some in asked.items() for figure in _figures(span, some, other.get(span))]
    shares, late = zip(*written, strict=True)
    writing = [
        Figure("2,000 series at 1 Hz, of a core", "%", shares),
        Figure("and how late at the end", "s", late, "≤ 1"),
    ]
    return [*charts, *sizes, *more, *writing]


@dataclass(frozen=True, slots=True)
class Asked:
    """A chart of ours: until when the last one was, how wide its steps were, and how many ms each took.

    Attributes:
        served_ms: on the server.
        taken_ms: from here, with the way there and back and the decoding of what came.
    """

    chart: Chart
    end_ms: int
    step_ms: int
    served_ms: Sequence[float]
    taken_ms: Sequence[float]


_Rounds = Sequence[Sequence[Asked]]


def _round(server: Server, month: Month, span: Span, number: int) -> list[Asked]:
    """All charts of one span."""
    return [_ask(server, month, span, chart, number) for chart in CHARTS]


def _ask(server: Server, month: Month, span: Span, chart: Chart, number: int) -> Asked:
    served: list[float] = []
    taken: list[float] = []
    found: Mapping[str, Any] = {}
    end = month.end_ms
    for turn in range(ASKED):
        end = month.end_ms - (number * ASKED + turn) * span.move_ms
        began = time.perf_counter()
        found, served_ms = _ours(server, chart, end - span.length_ms, end)
        taken.append((time.perf_counter() - began) * 1000)
        served.append(served_ms)
    _recount(month, chart, found)
    return Asked(chart, end, found["step"], served, taken)


def _beside(
    month: Month, folder: Path, asked: Mapping[Span, _Rounds]
) -> tuple[Mapping[Span, Sequence[float]], list[Figure]]:
    """What Prometheus took for the same, in ms by span and round, and the size of its samples."""
    if not prometheus.is_installed():
        print("  No Prometheus here (Debian's package prometheus); its rows are left out", flush=True)
        return {}, []
    size = prometheus.backfill(month, folder)
    with prometheus.running(folder) as address:
        taken = {
            span: [sum(_theirs(address, span, each) for each in some) for some in rounds]
            for span, rounds in asked.items()
        }
    return taken, [Figure("a sample on the disk, Prometheus", "bytes", [size / month.samples])]


def _theirs(address: str, span: Span, asked: Asked) -> float:
    words = asked.chart.words.replace("{w}", f"{asked.step_ms // 1000}s")
    began = time.perf_counter()
    prometheus.query_range(address, words, asked.end_ms - span.length_ms, asked.end_ms, asked.step_ms)
    return (time.perf_counter() - began) * 1000


def _figures(span: Span, rounds: _Rounds, theirs: Sequence[float] | None) -> Iterator[Figure]:
    served = [[each for asked in some for each in asked.served_ms] for some in rounds]
    yield Figure(f"a chart of {span.name}, on the server, p50", "ms", [statistics.median(each) for each in served])
    late = [statistics.quantiles(each, n=20, method="inclusive")[-1] for each in served]
    yield Figure(f"a chart of {span.name}, on the server, p95", "ms", late, f"≤ {span.most_ms}")
    if theirs is not None:
        means = [sum(each for asked in some for each in asked.taken_ms) / ASKED for some in rounds]
        yield Figure(f"all charts of {span.name}, Prometheus", "ms", theirs)
        yield Figure(f"all charts of {span.name}, ours ÷ Prometheus", "", ratios(means, theirs), span.beside)


def _ours(server: Server, chart: Chart, from_ms: int, to_ms: int) -> tuple[Mapping[str, Any], float]:
    """The lines, and how many ms the server took for them."""
    labels = ",".join(f'{name}="{value}"' for name, value in chart.where.items())
    asked = {"name": f"{NAME}{{{labels}}}", "agg": chart.agg, "by": chart.by, "from": from_ms, "to": to_ms}
    address = f"{server.address}/api/v1/metrics?{urlencode(asked)}"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {READ_TOKEN}"})  # noqa: S310  (ours)
    with urllib.request.urlopen(request, timeout=ANSWERED_S) as answer:  # noqa: S310
        return json.load(answer), float(answer.headers["Server-Timing"].partition("dur=")[2])


def _recount(month: Month, chart: Chart, found: Mapping[str, Any]) -> None:
    """Compare some points, neither the first nor the last, with the samples that lie in them."""
    for line in random.sample(found["series"], min(2, len(found["series"]))):
        carried = {**chart.where, **line["labels"]}.items()
        series = [labels for labels in month.labels if carried <= dict(labels).items()]
        inner = line["points"][1:-1]
        for at_ms, value in random.sample(inner, min(RECOUNTED, len(inner))):
            end = at_ms + found["step"]
            if at_ms < month.begin_ms or end > month.end_ms:
                continue
            true = _RECOUNT[chart.agg]([each for labels in series for each in month.values(labels, at_ms, end)])
            if value is None or abs(value - true) > (0.0101 if chart.agg == "p95" else 1e-9) * abs(true):
                raise RuntimeError(f"{chart} is {value} at {at_ms} by {found['step']}, and the samples say {true}")


def _until_rolled_up(server: Server, month: Month) -> None:
    """Wait until the server has rolled up the last, unfinished hour."""
    chart, until = Chart("count", {}, "", ""), time.monotonic() + ROLLED_UP_S
    begin, expected = month.end_ms - 24 * HOUR_MS, None
    while time.monotonic() < until:
        points = _ours(server, chart, begin, month.end_ms)[0]["series"][0]["points"]
        expected = month.sources * month.workers * (month.end_ms - points[0][0]) // 5_000
        if sum(value or 0 for _, value in points) == expected:
            return
        time.sleep(0.5)
    raise RuntimeError(f"The last day should hold {expected} samples")


def _until_idle(server: Server) -> None:
    """Wait until the server has done what a start brings with it: it would take its time from the first answers."""
    until = time.monotonic() + ROLLED_UP_S
    while time.monotonic() < until:
        spent = cpu_s(server)
        time.sleep(1)
        if cpu_s(server) - spent < IDLE_SHARE:
            return
    raise RuntimeError("The server is still busy with its start")


def _write(server: Server, seconds: int) -> tuple[float, float]:
    """What 2,000 series at one sample a second take of a core, in percent, and how late the last came."""
    _send(server, 0)  # the first time they are made
    began, spent = time.monotonic(), cpu_s(server)
    for second in range(seconds):
        _send(server, second)
        time.sleep(max(0.0, began + second + 1 - time.monotonic()))
    lasted = time.monotonic() - began
    return (cpu_s(server) - spent) / lasted * 100, lasted - seconds


def _send(server: Server, second: int) -> None:
    body = _samples(time.time_ns() // 1_000_000, second)
    answer = server.json("/api/v1/events", method="POST", token=TOKEN, body=body)
    if answer["accepted"] != len(body):
        raise RuntimeError(f"Not all samples were taken: {answer}")


def _samples(now_ms: int, second: int) -> Sequence[Mapping[str, Any]]:
    draw = random.Random(second)
    return [
        {
            "type": "metric",
            "jobId": "",
            "timestamp": now_ms,
            "data": {
                "values": {f"load.{name}": round(draw.lognormvariate(3, 1), 2) for name in range(NAMES)},
                "labels": {"place": str(place)},
            },
        }
        for place in range(PLACES)
    ]
