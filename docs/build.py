"""Prints the reference pages from the tables of the code: ``python -m docs.build`` (``make docs``).

A page is never edited by hand; ``tests/house/test_docs.py`` fails when one is older than its table.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final

from app.alerts.conditions import MOMENTS, OPERATORS
from app.alerts.conditions import STATES as LASTING
from app.alerts.fields import FIELDS as FIELDS_OF_RULES
from app.alerts.silences import OPERATORS as MATCHERS
from app.dashboards import filters
from app.dashboards.config import CHARTS, TYPES
from app.dashboards.grid import COLUMNS
from app.metrics.catalogue import LABELS, METRICS
from app.metrics.exposition import FAMILIES
from app.metrics.exposition_own import family_name
from app.metrics.hosts import MAX_HOSTS
from app.metrics.limits import LIMITS
from app.metrics.own import MAX_OWN
from app.metrics.reported import OTHER
from app.metrics.series import AGGREGATIONS
from app.metrics.spiders import MAX_SPIDERS
from app.metrics.transforms import TRANSFORMS
from app.notify.channels import TYPES as TYPES_OF_CHANNELS
from app.notify.fields import SHARED, Setting
from app.notify.message import FIELDS as FIELDS_OF_NOTICES
from app.notify.postman import FIRST_MS, GIVE_UP_MS, LONGEST_MS, STAND_IN_MS
from app.notify.reply import LOCKED
from config import Settings, shown
from docs.access import access
from docs.markdown import page, table
from docs.statements import security
from docs.webhook import WEBHOOK
from scrapewatch.events import EVENTS, FLAGS, LEVELS, Each, Fields, Kind

FOLDER: Final = Path(__file__).parent
HOUR: Final = 3_600_000
_MISSING: Final = "a spider that did not start in time; `cron` with a `timezone` says it by five fields"


def settings() -> str:
    """Every setting of the server."""
    rows = (
        (
            f"`{row.name.upper()}`",
            f"`{shown(row.default)}`" if shown(row.default) else "",
            _sentence(row.metadata["about"]),
        )
        for row in fields(Settings)
    )
    return page(
        "Settings",
        "Environment variables, all optional; a `.env` file is read when present. Durations are milliseconds unless "
        "the name ends in `_DAYS`. Malformed values stop the start, and all of them are told at once. "
        "`flask --app wsgi doctor` prints the effective ones.",
        table(("variable", "default", "meaning"), rows),
    )


def events() -> str:
    """Every type of event with its known fields."""
    rows = (
        (f"`{name}`", _sentence(row.about), _known(row.fields)) for name, row in EVENTS.items() if not row.by_server
    )
    ours = ((f"`{name}`", _sentence(row.about)) for name, row in EVENTS.items() if row.by_server)
    return page(
        "Events",
        "What a job may send. Fields of `data` are optional; where present they must be of the kind named here; "
        f"unknown ones are kept. Only the server gives {_ours()}; from outside that is taken out.",
        table(("type", "says", "known fields of `data`"), rows),
        "The server itself makes these; sent from outside they are `unknown_type`:",
        table(("type", "says"), ours),
        f"Levels, least first: {', '.join(f'`{level}`' for level in LEVELS)}. "
        f"Flags that the server may add: {', '.join(f'`{flag}`' for flag in FLAGS)}.",
    )


def _ours() -> str:
    """The fields that no sender may give, each with its type of event."""
    return ", ".join(f"`{field}` of `{name}`" for name, row in EVENTS.items() for field in row.ours)


def metrics() -> str:
    """Every metric that the server measures."""
    rows = (
        (f"`{row.name}`", row.unit, row.kind, ", ".join(f"`{label}`" for label in row.labels), _sentence(row.help))
        for row in METRICS.values()
    )
    return page(
        "Metrics",
        "Names for rules and charts. A gauge is a state; a counter's points are what came on top. Your own metrics, "
        "sent as `metric` events, need no row here; their series carry the labels you send and those of their job: "
        "`job`, `source` and `spider`. Where there is a job, labels of these names are left out of what you send.",
        table(("name", "unit", "kind", "labels", "meaning"), rows),
        "A name's series can always be added up: what is told by domain, proxy, status or host has a name of its own "
        "beside the sum. `system.*` tells of the server's own host, but sums network and workers over all hosts; "
        "`host.*` tells the same of each host by itself. Labels are texts of at most 200 characters:",
        table(("label", "says"), ((f"`{name}`", about) for name, about in LABELS.items())),
        "Your own metrics are bounded. What is known goes on being kept, what is new beyond a limit is counted, as "
        "`ledger.figures` of the status and by sender. Places are free again as series go with their age:",
        table(("limit", "what becomes of"), ((f"`{name}`", about) for name, about in LIMITS.items())),
    )


def prometheus() -> str:
    """Every family of ``/metrics``."""
    rows = ((f"`{row.name}`", row.kind, ", ".join(f"`{label}`" for label in row.labels), row.help) for row in FAMILIES)
    return page(
        "For Prometheus",
        "`GET /metrics` with a token of the scope `read`, in the text format. Counters by spider begin at zero when "
        f"the server starts. The first {MAX_SPIDERS} spiders and {MAX_HOSTS} hosts are told one by one; a spider is a "
        f"job's source and query, and the spiders beyond are told as `{OTHER}`. A job's id is never among the labels. "
        "Figures of the server's own process are told as every client library tells them (`process_…`). While the "
        "store is away, what it knows is missing and `scrapewatch_storage_up` is 0.",
        table(("name", "kind", "labels", "meaning"), rows),
        f"Users' own metrics (the `metric` event) are gauges called `{family_name('queue length')}`, with the labels "
        "`metric`, the name as it was given, and `spider`, empty where a figure is of no job: the latest value, if it "
        f"was told within the hour, of at most {MAX_OWN} pairs of both. What else is no letter, digit or underscore "
        "becomes an underscore; a name that ends like a counter or a histogram (`_total`, `_count`, `_sum`, `_bucket`) "
        "has `_value` behind it.",
        "```yaml\n"
        "scrape_configs:\n"
        "  - job_name: scrapewatch\n"
        "    authorization:\n"
        "      credentials: the value of READ_TOKEN\n"
        "    static_configs:\n"
        "      - targets: [127.0.0.1:5000]\n"
        "```",
    )


def transforms() -> str:
    """Every step that a pipe may have."""
    rows = ((f"`{row.example}`", row.help) for row in TRANSFORMS.values())
    return page(
        "Transforms",
        "What can be done to the lines of a chart or of `GET /api/v1/metrics` (`transform=`): steps in a row, each of "
        "what the one before has made, as `groupBy(source) | rate | movingAverage(5) | top(3)`. Points are those of "
        "the chart, so `movingAverage(5)` goes over five of its steps. A gap stays a gap. A label whose name holds "
        "blanks or signs stands in quotes. An error names the word at fault and its place.",
        table(("step", "makes of the lines"), rows),
    )


def alerts() -> str:
    """Every field of a rule, and what may be its condition."""
    rows = ((f"`{row.name}`", row.default or "required", _sentence(row.help)) for row in FIELDS_OF_RULES.values())
    filters_ = "`source`, `spider` and `query` narrow it to some jobs"
    conditions = (
        ('`{"metric": "jobs.failureRate", "operator": ">", "threshold": 0.1}`', f"a metric; {_listed(OPERATORS)}"),
        ('`{"metric": "errors{source=\\"ebay.com\\"}", …}`', "the same of some of its series"),
        *((f'`{{"event": "{name}"}}`', f"that happened just now; {filters_}") for name in MOMENTS),
        *((f'`{{"event": "{name}"}}`', f"for as long as a job is so; {filters_}") for name in LASTING),
        ('`{"event": "no_item", "after": 300000}`', f"a job that runs brings no item; {filters_}"),
        ('`{"event": "job_missing", "spider": "ebay.com: cards", "every": 3600000, "grace": 300000}`', _MISSING),
    )
    return page(
        "Alerts",
        "A rule is an AlertConfig with as many of the other fields as you like, by `/api/v1/alerts/rules`. Durations "
        "are milliseconds. What depends on another field follows it as long as it is left out.",
        table(("field", "left out", "meaning"), rows),
        table(("condition", "holds for"), conditions),
        "For each set of labels a condition is ok, pending, firing or recovering. An incident gathers those of a rule; "
        "it opens with the first that fires and is over with the last one. Missing data is no news: it resolves "
        "nothing. The end is told at once, to the channels that heard of the beginning. Every message that was kept "
        "back is a line of the incident's timeline, with the reason.",
        "A silence (`/api/v1/alerts/silences`) has `matchers`, all of which must match, a `reason`, and an end: "
        '`{"matchers": [{"name": "rule", "operator": "=", "value": "high_failure_rate"}], "reason": "deploying", '
        '"to": "2026-11-28T10:00:00Z"}`. A matcher is about `rule`, `severity` or a label; its operator is one of '
        f"{_listed(MATCHERS)}, the last with `*` and `?`. `weekly` lets it come again: "
        '`{"days": ["sat", "sun"], "from": "22:00", "to": "06:00", "timezone": "Europe/Paris"}`. One of an `incident` '
        "ends with it.",
    )


def dashboards() -> str:
    """What a panel may be, and what it may ask."""
    about = {
        "chart": "lines, bars or a dial, as `options.chart` says (a ChartConfig)",
        "table": "rows, newest first; of metrics, a row a series with its latest, mean, least and greatest figure",
        "stats": "the newest figure of each metric, or how many jobs, events or alerts there are",
        "log": "a line for each row, newest first",
    }
    keys = ((f"`{source}`", ", ".join(f"`{key}:`" for key in known)) for source, known in filters.KEYS.items())
    return page(
        "Dashboards",
        "A dashboard is a DashboardConfig: `{name, layout: {panels, refresh, grid}, theme: {dark, colors}}`, by "
        "`/api/v1/dashboards`, by Import on its page, or as a file in `DASHBOARDS_DIR`. `grid` is optional: where a "
        f"panel stands on {COLUMNS} columns, by its id: `{{x, y, w, h}}`; panels fall upward. Unknown fields are kept.",
        table(("type", "shows"), ((f"`{name}`", about[name]) for name in TYPES)),
        f"Charts are {_listed(CHARTS)}; `aggregation` is one of {_listed(AGGREGATIONS)}. A colour of the theme that is "
        "named after a series paints it; the others are given to the series in their order.",
        'Over `metrics` the query is a selector, `items{source="ebay.com"}`, and `transform` a pipe of '
        "[transforms](transforms.md). Over the other sources it is a line of filters: `status:failed,lost "
        'source:ebay.com "vintage cards"`. Words without a key are looked for as text; of alerts, in the name of the '
        "rule.",
        table(("source", "keys"), keys),
        "**On a wall**: *Wall screen* on `/dashboards` shows one of them with nothing around it, or several in turn; "
        "the address says all, as `/dashboards/overview?wall=1&rotate=overview,workers&every=30` (seconds). A screen "
        "at which nobody signs in is opened by `/kiosk?next=/dashboards/overview%3Fwall%3D1#TOKEN`, with a token of "
        "the scope `read`: it sees dashboards and nothing else, and is signed out within a second when the token is "
        "revoked.",
    )


def channels() -> str:
    """Every type of channel, and what a template may name."""
    rows = (
        (f"`{kind.name}`", kind.label, "; ".join(_setting(setting) for setting in kind.settings))
        for kind in TYPES_OF_CHANNELS.values()
    )
    return page(
        "Channels",
        "A channel is `{name, type, config}`, made on its page, by `POST /api/v1/channels`, or by the environment, "
        "and rules call it by its name. `recipients`, `webhook` and `template` may be given to every type. Secrets are "
        "kept encrypted and never returned; a change that leaves one out keeps it.",
        table(("type", "name", "config"), rows),
        f"Every type may have besides: {'; '.join(_setting(setting) for setting in SHARED)}.",
        "A `template` is a text with fields in braces, as `{rule} is {state}: {value}`; a doubled brace is a brace.",
        table(("field", "is"), ((f"`{{{name}}}`", about) for name, about in FIELDS_OF_NOTICES.items())),
        "What is told is stored with the change that it tells of, then sent: at least once, one message a channel at a "
        f"time, again after {FIRST_MS // 1000} s and ever more rarely up to every {LONGEST_MS // 60_000} min, not "
        f"before a `Retry-After`, for {GIVE_UP_MS // HOUR} h. Answers of {_codes(LOCKED)} mark the channel as broken, "
        "and a banner says so. What a channel can never be told, or will not have been told within "
        f"{STAND_IN_MS // 60_000} min, its `fallback` is told in its place, if it has one, and then also of the end; "
        "the channel itself is tried on, if it can be. Whoever has the message already does not get it twice, so two "
        "channels may name each other. "
        "What was never told is not told any more once it is over. `GET /api/v1/notices` and the delivery log have "
        "every try.",
        "A webhook gets JSON of this shape, with `Idempotency-Key`, the same when a message is sent again, and a "
        "signature to be checked before anything is believed:",
        WEBHOOK,
    )


def _setting(setting: Setting) -> str:
    marks = [word for word, holds in (("required", setting.required), ("secret", setting.secret)) if holds]
    about = f" ({', '.join(marks)})" if marks else ""
    return f"`{setting.name}`{about} {_sentence(setting.help).replace('<', '&lt;')}".rstrip(".; ")


def _codes(codes: Iterable[int]) -> str:
    *most, last = sorted(codes)
    return f"{', '.join(map(str, most))} and {last}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


PAGES: Final[dict[str, Callable[[], str]]] = {
    "settings.md": settings,
    "events.md": events,
    "metrics.md": metrics,
    "prometheus.md": prometheus,
    "transforms.md": transforms,
    "dashboards.md": dashboards,
    "alerts.md": alerts,
    "channels.md": channels,
    "security.md": security,
    "access.md": access,
}


def main() -> None:
    """Write every page."""
    for name, printed in PAGES.items():
        (FOLDER / name).write_text(printed(), encoding="utf-8")
        print(f"docs/{name}")


def _sentence(about: str) -> str:
    """The phrase of a table; names of settings in it are set as code."""
    return re.sub(r"\b([A-Z]+_[A-Z_]+)\b", r"`\1`", about)


def _known(known: Fields) -> str:
    return "; ".join(f"`{name}` {_kind(kind)}" for name, kind in known.items())


def _kind(kind: Kind | Mapping[str, Kind] | Each) -> str:
    if isinstance(kind, Kind):
        return str(kind)
    return f"{{each name: {_kind(kind.fields)}}}" if isinstance(kind, Each) else f"{{{_known(kind)}}}"


if __name__ == "__main__":
    main()
