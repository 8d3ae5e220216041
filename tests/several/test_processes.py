"""Several processes on one Postgres are one server to scrapers, viewers and operators."""

import threading
import time
from contextlib import ExitStack, suppress
from copy import copy
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import config
from app.alerts.engine import LEASE_MS
from app.cli import create_cli
from app.storage.base_doorbell import ACCESS
from app.storage.redis.doorbell import RedisDoorbell
from tests.server import BUSY_S, Server
from tests.several import balancer
from tests.several.conftest import until
from tests.several.house import House
from tests.several.reading import Reading, batch, newest, readers, send
from tests.sockets import connected, watching

POLLED_S = 5
"""Viewers are fed within this while nothing rings."""
TAKEN_OVER_S = LEASE_MS / 1000 + 5
RULES, INCIDENTS, NOTICES = "/api/v1/alerts/rules", "/api/v1/alerts/incidents", "/api/v1/notices"


def test_viewers_of_all_processes_see_the_same_sequence(house: House):
    """What scrapers send through three processes at once, also of one job, every viewer gets whole, once, in order."""
    rounds, size = 10, 20

    def scrape(server: Server, number: int) -> None:
        with connected(server, house.ingest_token) as scraper:
            for _ in range(rounds):
                assert send(scraper, batch("shared", size) + batch(f"own {number}", size))["ok"]

    with readers(house) as reading:
        scrapers = [threading.Thread(target=scrape, args=(house.servers[n], n)) for n in range(3)]
        for scraper in scrapers:
            scraper.start()
        for scraper in scrapers:
            scraper.join()
        for one in reading:
            one.wait("shared", 3 * rounds * size)
            for number in range(3):
                one.wait(f"own {number}", rounds * size)
        # The server says something of jobs by itself, such as that one of another test fell silent.
        jobs = {"shared", *(f"own {number}" for number in range(3))}
        sequences = [[event["cursor"] for event in one.events() if event["jobId"] in jobs] for one in reading]

    assert sequences[0] == sequences[1] == sequences[2]
    assert len(sequences[0]) == 6 * rounds * size
    items = [server.json("/api/v1/jobs/shared", token=house.read_token)["items"] for server in house.servers]
    assert items == [3 * rounds * size] * 3


@pytest.mark.parametrize("name", balancer.PROGRAMS)
def test_scrapers_and_viewers_may_come_through_a_balancer(house: House, tmp_path: Path, name: str):
    """As docs/several.md sets it up: a stock client's WebSocket reaches any process, and pages come from any."""
    ports = [server.port for server in house.servers]
    with ExitStack() as stack:
        try:
            address = stack.enter_context(balancer.running(name, ports, tmp_path))
        except balancer.Unobtainable as reason:
            pytest.skip(str(reason))
        front = copy(house.servers[0])
        front.address, front.port = address, int(address.rpartition(":")[2])
        since = newest(house)
        reading = [Reading(stack.enter_context(watching(front, house.read_token)), since) for _ in range(3)]
        scrapers = [stack.enter_context(connected(front, house.ingest_token)) for _ in range(3)]
        for scraper in scrapers:
            assert send(scraper, batch(f"through {name}", 10))["ok"]
        for one in reading:
            one.wait(f"through {name}", 30)
        assert front.request("/login")[0] == 200


def test_a_room_of_a_job_has_its_own_chain_at_every_process(house: House):
    """Its first event after the subscription follows the cursor that the subscription told."""
    first, second, third = house.servers
    with watching(second, house.read_token) as viewer, connected(first, house.ingest_token) as scraper:
        send(scraper, batch("chained", 2))
        before = viewer.subscribe(room="job:chained", batched=True)["cursor"]
        with connected(third, house.ingest_token) as other:
            send(other, batch("another", 5))
            send(other, batch("chained", 1))

        def after() -> list[Any]:
            heard = [one for told in viewer.named("events") for one in told["events"]]
            return [one for one in heard if one["cursor"] > before]

        until(after)
    assert before > 0
    assert after()[0]["prev"] == before


def test_what_was_sent_to_a_process_that_died_is_stored_once_by_another(house: House):
    """Killed in the middle, its scraper goes on elsewhere with the same ids; started again, it serves as before."""
    first, victim, other = house.servers
    batches: list[list[dict[str, Any]]] = []

    def scrape() -> None:
        with suppress(OSError, HTTPException):
            while True:
                batches.append(batch("moved", 20))
                victim.request("/api/v1/events", body=batches[-1], token=house.ingest_token)

    with readers(house, [first, other]) as reading:
        scraper = threading.Thread(target=scrape)
        scraper.start()
        reading[0].wait("moved", 100)
        victim.kill()
        scraper.join()
        sent = sum(map(len, batches))
        for events in batches:
            assert other.json("/api/v1/events", body=events, token=house.ingest_token)["ok"]
        found = [one.wait("moved", sent) for one in reading]
        victim.start()
        with readers(house, [victim]) as late:
            assert victim.json("/api/v1/events", body=batch("moved", 1), token=house.ingest_token)["ok"]
            late[0].wait("moved", 1)
            for one in reading:
                one.wait("moved", sent + 1)
    for told in found:
        assert len({one["id"] for one in told}) == len(told) == sent


def test_viewers_are_fed_and_events_taken_without_redis(house: House):
    """Within five seconds while it is away; and again at once when it is back."""
    with readers(house) as reading, connected(house.servers[0], house.ingest_token) as scraper:
        house.redis.stop()
        try:
            assert send(scraper, batch("unrung", 10))["ok"]
            for one in reading:
                one.wait("unrung", 10, POLLED_S + BUSY_S)
        finally:
            house.redis.start()
        assert send(scraper, batch("unrung", 10))["ok"]
        for one in reading:
            one.wait("unrung", 20)


def test_connections_are_counted_over_all_processes(house: House):
    """Each process tells of as many, whoever holds them."""
    first, second, third = house.servers
    with ExitStack() as stack:
        stack.enter_context(connected(first, house.ingest_token))
        for server in (second, third):
            stack.enter_context(watching(server, house.read_token))

        def told(server: Server) -> tuple[int, ...]:
            found = server.json("/api/v1/status", token=house.read_token)
            mine = [one["connections"] for one in found["senders"] if one["name"] == "default"]  # none at first
            sockets = found["sockets"]
            return found["processes"], sockets["scrapers"], sockets["viewers"], *mine

        until(lambda: all(told(server) == (3, 1, 2, 1) for server in house.servers))


def test_live_figures_are_those_of_all_processes(house: House):
    """Each process tells of the jobs and items that came through any."""
    with connected(house.servers[0], house.ingest_token) as scraper:
        send(scraper, batch("figures", 50))

    def told() -> Any:
        found = [server.json("/api/v1/metrics/current", token=house.read_token) for server in house.servers]
        jobs = [one["scraping"]["jobs"] for one in found]
        return jobs[0]["active"] and all(one == jobs[0] for one in jobs)

    until(told)


def test_access_that_is_ended_at_one_process_ends_at_all(house: House):
    """A token that is revoked closes its sockets, wherever they are, and by a command; all processes hear it ring."""
    made, text = house.accounts.tokens.create("passing", "read")
    heard: list[str] = []
    with ExitStack() as stack:
        doorbell = RedisDoorbell(house.redis.url)
        stack.callback(doorbell.close, BUSY_S)
        doorbell.start(lambda word, _: heard.append(word))
        viewer = stack.enter_context(watching(house.servers[2], text))
        flask = create_cli(config.load(house.servers[0].environment)).cli
        until(lambda: CliRunner().invoke(flask, ("token", "revoke", str(made.id))).exit_code == 0)
        viewer.wait(lambda: bool(viewer.named("disconnect")))
        until(lambda: ACCESS in heard)


def measure(house: House, value: float) -> None:
    """Send a figure, through a process that lives."""
    figure = {
        "type": "metric",
        "jobId": "measured",
        "timestamp": round(time.time() * 1000),
        "data": {"values": {"depth": value}},
    }
    with connected(house.living[0], house.ingest_token) as scraper:
        assert send(scraper, [figure])["ok"]


def test_one_notice_an_incident_though_the_evaluator_dies(house: House):
    """An alert is told once; when its evaluator is killed another goes on, and its end is told once, too."""
    rule = {
        "name": "deep",
        "condition": {"metric": "depth", "operator": ">", "threshold": 10},
        "severity": "error",
        "channels": ["webhook"],
        "cooldown": 0,
        "keepFiringFor": 0,
    }
    house.servers[1].json(RULES, body=rule, token=house.token)
    measure(house, 50)

    def sent() -> bool:  # and marked: a notice whose process dies in between goes out once more, under its key
        found = house.servers[0].json(NOTICES, token=house.token)["items"]
        return [one["state"] for one in found if one["rule"] == "deep"] == ["sent"]

    until(sent)
    victim = until(house.evaluator)
    victim.kill()
    measure(house, 1)
    until(lambda: len(house.ops.got) > 1, TAKEN_OVER_S + BUSY_S)
    victim.start()
    assert [one.json["kind"] for one in house.ops.got] == ["firing", "resolved"]


def test_an_operator_s_word_reaches_the_pages_of_all_processes(house: House):
    """That somebody looks after an alert is told in the room of alerts, whichever process was told it."""
    rule = {
        "name": "very deep",
        "condition": {"metric": "depth", "operator": ">", "threshold": 20},
        "severity": "error",
        "channels": ["nobody"],
        "cooldown": 0,
    }
    house.servers[0].json(RULES, body=rule, token=house.token)
    measure(house, 50)

    def firing() -> Any:
        found = house.servers[0].json(f"{INCIDENTS}?state=firing", token=house.token)["items"]
        return [one for one in found if one["rule"] == "very deep"]

    incident = until(firing)[0]["id"]
    with ExitStack() as stack:
        viewers = [stack.enter_context(watching(server, house.read_token)) for server in house.servers]
        for viewer in viewers:
            viewer.subscribe(room="alerts")
        house.servers[2].json(f"{INCIDENTS}/{incident}/ack", body={}, token=house.token)
        until(lambda: all(any(told["acknowledged"] for told in viewer.named("alerts")) for viewer in viewers))
