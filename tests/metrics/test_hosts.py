"""The figures of all hosts."""

import pytest

from app.metrics.catalogue import METRICS
from app.metrics.hosts import LIVE_MS, MAX_HOSTS, Hosts
from app.metrics.system import Reading
from app.storage.base import REPLAY, Event
from scrapewatch.events import FLAGS
from tests.fakes import NOW_MS, event

IDLE = Reading(0.25, (1.5, 1.0, 0.5), 600, 1_000, 400, 10_000)
HOUR_MS = 3_600_000


def worker(host: str = "crawler", at_ms: int = NOW_MS, *, moved: int = 0, epoch: bytes = b"1", **workers) -> Event:
    """A `worker` event, received when it was made."""
    data = {"host": host, "workers": workers, "network": {"bytesTransferred": moved}}
    return event("worker", job_id="", data=data, at_ms=at_ms, received_ms=at_ms, epoch=epoch)


def machine(host: str, at_ms: int = NOW_MS, epoch: bytes = b"1", **data) -> Event:
    """A `worker` event that tells of its machine."""
    return event("worker", job_id="", data={"host": host, **data}, at_ms=at_ms, received_ms=at_ms, epoch=epoch)


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
    """3 active, then 5, are 5; an older event that comes late from a spool changes nothing."""
    hosts = Hosts()
    late = worker(at_ms=NOW_MS + 1_000, active=9)
    late.received_ms, late.flags = NOW_MS + 3_000, REPLAY
    hosts.take([worker(active=3), worker(at_ms=NOW_MS + 2_000, active=5), late])

    assert hosts.values(NOW_MS + 3_000)["system.workers.active"] == 5


@pytest.mark.parametrize(("flags", "active"), [(0, 3), (REPLAY, 0)], ids=["slow clock", "spool"])
def test_a_worker_is_heard_when_its_event_arrives(flags: int, active: int):
    """One whose clock is ten minutes behind is live all the same; one that tells of ten minutes ago is not."""
    hosts = Hosts()
    told = worker(at_ms=NOW_MS - 600_000, active=3)
    told.received_ms, told.flags = NOW_MS, flags
    hosts.take([told])

    assert hosts.values(NOW_MS)["system.workers.active"] == active


def of_job(type_: str, job: str = "123", at_ms: int = NOW_MS, **fields) -> Event:
    """An event of a job, from the process that works for it."""
    return event(type_, job_id=job, at_ms=at_ms, received_ms=at_ms, epoch=b"1", **fields)


@pytest.mark.parametrize("end", ["job_completed", "job_failed", "job_cancelled"])
def test_workers_of_a_job_that_has_ended_count_no_more(end: str):
    """At once, also if they speak once more; another job's and its host's other figures stay."""
    hosts = Hosts()
    busy = {"host": "a", "workers": {"active": 5, "maxConcurrency": 8}, "cpu": {"usage": 0.5}}
    hosts.take([of_job("worker", data=busy), of_job("worker", "other", data={**busy, "host": "b"})])
    assert hosts.values(NOW_MS)["system.workers.active"] == 10

    hosts.take([of_job(end), of_job("worker", at_ms=NOW_MS + 50_000, data=busy)])

    for now_ms in (NOW_MS, NOW_MS + LIVE_MS - 1):
        values = hosts.values(now_ms)
        assert (values["system.workers.active"], values["system.workers.maxConcurrency"]) == (5, 8)
    assert hosts.by_host(NOW_MS + LIVE_MS)["a"] == {
        "host.network.bytesTransferred": 0,
        "host.workers.active": 0,
        "host.workers.idle": 0,
        "host.workers.maxConcurrency": 0,
        "host.cpu.usage": 0.5,
    }


def test_workers_of_a_job_that_begins_again_count_again():
    """With what they say of themselves; an end that changes nothing about the job changes nothing about them."""
    hosts = Hosts()
    late = 1 << FLAGS.index("late")
    hosts.take([of_job("job_failed"), of_job("job_started"), of_job("worker", data={"workers": {"active": 3}})])
    hosts.take([of_job("job_completed", flags=late)])

    assert hosts.values(NOW_MS)["system.workers.active"] == 3


def test_workers_outlive_a_step_of_the_servers_clock():
    """The clock was an hour ahead: who is heard after it was set right counts, who is not is gone, nothing twice."""
    hosts = Hosts()
    hosts.take([worker("a", NOW_MS + HOUR_MS, active=1, moved=100), worker("b", NOW_MS + HOUR_MS, active=2)])
    hosts.take([worker("a", NOW_MS, active=4, moved=150)])

    values = hosts.values(NOW_MS)
    assert (values["system.workers.active"], values["system.network.bytesTransferred"]) == (4, 50)


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


def test_each_host_has_figures_of_its_own():
    """The server's by its readings, a crawler's by its events, of which two processes add up their workers."""
    hosts = Hosts("server")
    hosts.read(IDLE, NOW_MS)
    hosts.take(
        [
            machine("a", cpu={"usage": 0.5, "load": [2, 1, 1]}, memory={"used": 3, "total": 8, "free": 5}),
            machine("a", NOW_MS + 1_000, cpu={"usage": 0.7}, workers={"active": 2}),
            machine("a", NOW_MS + 500, b"2", cpu={"usage": 0.6}, workers={"active": 1, "maxConcurrency": 8}),
            machine("server", cpu={"usage": 1}, workers={"idle": 1}),
        ]
    )

    told = hosts.by_host(NOW_MS + 1_000)

    assert list(told) == ["server", "a"]
    assert told["a"] == {
        "host.cpu.usage": 0.7,
        "host.cpu.load": 2,
        "host.memory.used": 3,
        "host.memory.total": 8,
        "host.memory.free": 5,
        "host.network.bytesTransferred": 0,
        "host.workers.active": 3,
        "host.workers.idle": 0,
        "host.workers.maxConcurrency": 8,
    }
    assert (told["server"]["host.cpu.usage"], told["server"]["host.workers.idle"]) == (0.25, 1)
    assert told["a"].keys() == told["server"].keys() == {name for name in METRICS if name.startswith("host.")}


def test_a_hosts_figures_end_with_its_events():
    """A minute after the last a crawler is gone; one that never said its name is in the sums alone."""
    hosts = Hosts("server")
    hosts.take([machine("a", workers={"active": 1}), machine("", workers={"active": 1})])

    assert hosts.by_host(NOW_MS).keys() == {"a"}
    assert hosts.values(NOW_MS)["system.workers.active"] == 2
    assert hosts.by_host(NOW_MS + LIVE_MS) == {}


def test_the_hosts_that_are_told_one_by_one_are_bounded():
    """The first two hundred, however many there are; the sums are of all."""
    hosts = Hosts()
    hosts.take([machine(f"host {number}", workers={"active": 1}) for number in range(MAX_HOSTS + 50)])

    assert len(hosts.by_host(NOW_MS)) == MAX_HOSTS
    assert hosts.values(NOW_MS)["system.workers.active"] == MAX_HOSTS + 50
