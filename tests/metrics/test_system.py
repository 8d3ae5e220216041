"""Figures of the machines."""

import pytest

from app.metrics.system import Hosts, Machine, Reading
from app.storage.base import Event
from tests.fakes import NOW_MS, event

IDLE = Reading(0.25, (1.5, 1.0, 0.5), 600, 1_000, 400, 10_000)


def worker(host: str = "crawler", at_ms: int = NOW_MS, *, moved: int = 0, epoch: bytes = b"1", **workers) -> Event:
    """A `worker` event, received when it was made."""
    data = {"host": host, "workers": workers, "network": {"bytesTransferred": moved}}
    return event("worker", job_id="", data=data, at_ms=at_ms, received_ms=at_ms, epoch=epoch)


def test_a_real_machine_can_be_read():
    """Shares lie between 0 and 1, used and free memory add up, three loads, bytes only grow."""
    machine = Machine()
    first, second = machine(), machine()

    assert machine.name
    assert 0 <= second.cpu_usage <= 1
    assert len(second.cpu_load) == 3
    assert second.memory_used + second.memory_free == second.memory_total > 0
    assert second.bytes_transferred >= first.bytes_transferred >= 0


def test_a_reading_is_told_as_it_is():
    """Before the first there is none of the host's figures; the load is three numbers all the same."""
    hosts = Hosts()
    assert "system.cpu.usage" not in hosts.values(NOW_MS)
    assert hosts.load() == [0.0, 0.0, 0.0]

    hosts.read(IDLE, NOW_MS)

    values = hosts.values(NOW_MS)
    assert values["system.cpu.usage"] == 0.25
    assert values["system.cpu.load"] == 1.5
    assert (values["system.memory.used"], values["system.memory.total"], values["system.memory.free"]) == (
        600,
        1000,
        400,
    )
    assert values["system.readings"] == 1
    assert hosts.load() == [1.5, 1.0, 0.5]


def test_traffic_is_what_came_on_top_within_the_minute():
    """10,000 before we looked do not count; 300 more do, for a minute; a restarted counter is no loss."""
    hosts = Hosts("server")
    for second, total in ((0, 10_000), (5, 10_300), (10, 50)):
        hosts.read(Reading(0, (0, 0, 0), 0, 0, 0, total), NOW_MS + second * 1_000)

    assert hosts.values(NOW_MS + 10_000)["system.network.bytesTransferred"] == 350
    assert hosts.values(NOW_MS + 65_000)["system.network.bytesTransferred"] == 50
    assert hosts.values(NOW_MS + 70_000)["system.network.bytesTransferred"] == 0


def test_workers_add_up_over_hosts_and_processes():
    """Two processes on one host and one on another: 1 + 2 + 4 active."""
    hosts = Hosts()
    hosts.take(
        [
            worker("a", epoch=b"1", active=1, idle=1, maxConcurrency=2),
            worker("a", epoch=b"2", active=2, maxConcurrency=8),
            worker("b", active=4, idle=2),
        ]
    )

    values = hosts.values(NOW_MS)
    names = ("active", "idle", "maxConcurrency")
    assert [values[f"system.workers.{name}"] for name in names] == [7, 3, 10]


def test_the_latest_event_of_a_worker_speaks_for_it():
    """3 active, then 5, are 5; an older event that comes late changes nothing."""
    hosts = Hosts()
    hosts.take([worker(active=3), worker(at_ms=NOW_MS + 2_000, active=5), worker(at_ms=NOW_MS + 1_000, active=9)])

    assert hosts.values(NOW_MS + 2_000)["system.workers.active"] == 5


@pytest.mark.parametrize(("after_ms", "active"), [(59_999, 3), (60_000, 0)])
def test_a_worker_speaks_for_a_minute(after_ms: int, active: int):
    """60 s after its event a worker is gone."""
    hosts = Hosts()
    hosts.take([worker(active=3)])

    assert hosts.values(NOW_MS + after_ms)["system.workers.active"] == active


def test_a_hosts_traffic_is_counted_once():
    """Two processes that see the same host's 500 bytes are 500; the server's own host is measured by the server."""
    hosts = Hosts("server")
    for at_ms, moved in ((NOW_MS, 1_000), (NOW_MS + 5_000, 1_500)):
        hosts.take([worker("a", at_ms, moved=moved, epoch=b"1"), worker("a", at_ms, moved=moved, epoch=b"2")])
        hosts.take([worker("b", at_ms, moved=moved * 2), worker("server", at_ms, moved=moved)])

    assert hosts.values(NOW_MS + 5_000)["system.network.bytesTransferred"] == 500 + 1_000


def test_a_worker_may_say_little():
    """An empty event is a worker that does nothing."""
    hosts = Hosts()
    hosts.take([event("worker", job_id="", received_ms=NOW_MS)])

    assert hosts.values(NOW_MS)["system.workers.active"] == 0
