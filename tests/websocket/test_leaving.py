"""The server's leave with many sockets open, in both modes."""

import json

from tests.server import STOP_S

SOCKETS = 50


def test_fifty_sockets_are_told_when_to_come_back(server, raw, environment):
    """Within the five seconds that it has, each hears `server_closing`, and their returns are five seconds apart."""
    crowd = [raw(server) for _ in range(SOCKETS)]
    for number, each in enumerate(crowd):
        scrapes = number % 2
        each.log_in(environment["INGEST_TOKEN" if scrapes else "READ_TOKEN"], "" if scrapes else "/live,")
    assert server.stop() == 0

    waits = []
    for number, each in enumerate(crowd):
        said = each.until("42")
        name, payload = json.loads(said.removeprefix("42" if number % 2 else "42/live,"))
        assert name == "server_closing"
        waits.append(payload["reconnectAfter"])
        assert each.is_closed_within(STOP_S)
    assert min(waits) >= 1_000
    assert max(waits) - min(waits) >= 5_000


def test_a_single_socket_may_come_back_at_once(server, raw, environment):
    """Nobody else will be there."""
    alone = raw(server)
    alone.log_in(environment["READ_TOKEN"], "/live,")
    server.stop()

    payload = json.loads(alone.until("42/live,").removeprefix("42/live,"))[1]
    assert 1_000 <= payload["reconnectAfter"] <= 1_200
