"""The figures in the form of Prometheus, of a status and figures that are known."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.metrics.exposition import FAMILIES, Exposition, Family, Sources
from app.metrics.exposition_own import family_name

STATUS = {
    "version": "1.2.3",
    "uptime": 90_500,
    "storage": {"size": 4_096, "wal": None},
    "ledger": {
        "stored": 5,
        "duplicates": 2,
        "rejected": {"invalid": 1, "too_large": 3},
        "dropped": {"spool_full": 4},
        "figures": {"merged": {"label_values": 8}, "dropped": {"names": 9}},
        "waiting": 6,
    },
    "ingest": {"waiting": 7, "capacity": 100, "level": "ok", "lag": {"p50": 4.0, "p99": 250.0}},
    "ownMetrics": {"names": {"held": 3, "most": 10}, "series": {"held": 20, "most": 100}, "met": []},
    "sockets": {"scrapers": 2, "viewers": 3, "lagging": 1, "refused": {"rate_limited": 9}, "closed": {}},
    "tasks": [
        {"name": "tick", "lastRunAt": "b", "lastFailureAt": "b", "lastDuration": 20},
        {"name": "tock", "lastRunAt": "b", "lastFailureAt": "a", "lastDuration": None},
        {"name": "never", "lastRunAt": None, "lastFailureAt": None, "lastDuration": None},
    ],
}
ORDER = (
    "version",
    "outcome",
    "code",
    "limit",
    "reason",
    "percentile",
    "namespace",
    "task",
    "metric",
    "spider",
    "status",
    "worker",
)
"""Every label there is, in the order of the tuples below."""
SPIDER = 'ebay.com: "cards"\n'
SOURCES = Sources(
    status=STATUS,
    values={"jobs.active": 2.0, "jobs.queued": 1.0},
    spiders={
        SPIDER: {
            ("items", ""): 10.0,
            ("jobs.started", ""): 4.0,
            ("jobs.ended", "failed"): 1.0,
            ("jobs.ended", "completed"): 2.0,
            ("jobs.duration", "failed"): 500.0,
            ("jobs.duration", "completed"): 2_500.0,
        }
    },
    hosts={"crawler": {"host.cpu.usage": 0.5}, "bare": {}},
    own={("queue length", SPIDER): 4.0, ("queueLength", ""): 5.0},
)


def scraped(sources: Sources) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample as a parser reads it, by name and label values."""
    registry = CollectorRegistry()
    registry.register(Exposition(lambda: sources))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (
            sample.name.removeprefix("scrapewatch_"),
            tuple(sample.labels[name] for name in ORDER if name in sample.labels),
        ): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_figure_is_told_in_base_units():
    """Seconds for milliseconds, nothing where nothing was measured, and labels that hold any sign."""
    told: dict[tuple[str, tuple[str, ...]], float] = {
        ("build_info", ("1.2.3",)): 1,
        ("uptime_seconds", ()): 90.5,
        ("events_total", ("stored", "")): 5,
        ("events_total", ("duplicate", "")): 2,
        ("events_total", ("rejected", "invalid")): 1,
        ("events_total", ("rejected", "too_large")): 3,
        ("client_dropped_events_total", ("spool_full",)): 4,
        ("client_waiting_events", ()): 6,
        ("limited_figures_total", ("merged", "label_values")): 8,
        ("limited_figures_total", ("dropped", "names")): 9,
        ("own_metrics", ()): 3,
        ("own_series", ()): 20,
        ("own_series_limit", ()): 100,
        ("queue_events", ()): 7,
        ("queue_capacity_events", ()): 100,
        ("ingest_lag_seconds", ("p50",)): 0.004,
        ("ingest_lag_seconds", ("p99",)): 0.25,
        ("connections", ("scrapers",)): 2,
        ("connections", ("viewers",)): 3,
        ("lagging_viewers", ()): 1,
        ("connections_refused_total", ("rate_limited",)): 9,
        ("storage_up", ()): 1,
        ("storage_size_bytes", ()): 4_096,
        ("task_duration_seconds", ("tick",)): 0.02,
        ("task_failing", ("tick",)): 1,
        ("task_failing", ("tock",)): 0,
        ("jobs", ("active",)): 2,
        ("jobs", ("queued",)): 1,
        ("jobs_started_total", (SPIDER,)): 4,
        ("jobs_ended_total", (SPIDER, "failed")): 1,
        ("jobs_ended_total", (SPIDER, "completed")): 2,
        ("jobs_duration_seconds_total", (SPIDER,)): 3,
        ("items_total", (SPIDER,)): 10,
        **{(f"{name}_total", (SPIDER,)): 0 for name in ("errors", "requests", "sent_bytes", "received_bytes")},
        **{(f"requests_{name}_total", (SPIDER,)): 0 for name in ("failed", "retried", "proxied")},
        ("host_cpu_usage_ratio", ("crawler",)): 0.5,
        ("user_queue_length", ("queue length", SPIDER)): 4,
        ("user_queue_length", ("queueLength", "")): 5,
    }

    assert scraped(SOURCES) == told


def test_without_the_database_the_process_still_tells():
    """What the store knows is missing, and that it is away is said."""
    alone = {name: told for name, told in STATUS.items() if name not in {"storage", "ledger"}}
    found = scraped(Sources(status=alone, values=SOURCES.values, spiders={}, hosts={}, own={}))

    assert found["storage_up", ()] == 0
    assert found["queue_events", ()] == 7
    assert not [name for name, _ in found if name in {"events_total", "storage_size_bytes", "client_waiting_events"}]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("queue", "queue"),
        ("queue length", "queue_length"),
        ("queueLength", "queue_length"),
        ("HTTPErrors", "httperrors"),
        ("shop.pages:read", "shop_pages_read"),
        ("5xx", "5xx"),
        ("prix €", "prix"),
        ("夏", "unnamed"),
        ("captchas_total", "captchas_total_value"),
        ("bytes.sum", "bytes_sum_value"),
    ],
)
def test_a_user_s_name_becomes_one_of_prometheus(given: str, made: str):
    """Words in small letters, joined by underscores; it never says that a gauge is a counter."""
    assert family_name(given) == f"scrapewatch_user_{made}"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_no_family_is_told_by_job(family: Family):
    """Labels are bounded, names are the house's own, and the help is a phrase."""
    assert set(family.labels) <= set(ORDER)
    assert family.name.startswith("scrapewatch_")
    assert family.help
    assert not family.help.endswith(".")
