"""Whatever the API is asked, it answers as its document says.

`make fuzz MINUTES=30` asks at length, by other requests each time; what it finds is told with its seed.
"""

import random
import time
from collections.abc import Iterator, Mapping
from itertools import cycle

import pytest

from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.reference.asking import EVENTS, Form, complaints
from tests.server import Server

TWICE = (
    EVENTS,
    "GET /export/events.jsonl",
    "GET /export/events/count",
    "GET /export/jobs.jsonl",
    "GET /export/jobs.csv",
    "GET /export/metrics.jsonl",
    "GET /export/metrics.csv",
    "GET /api/v1/jobs/{jobId}/events",
    "POST /api/v1/alerts/silences/preview",
    "PUT /api/v1/alerts/silences/{silenceId}",
    "POST /api/v1/alerts/rules",
    "PUT /api/v1/alerts/rules/{ruleId}",
    "POST /api/v1/alerts/rules/import",
    "POST /api/v1/alerts/rules/backtest",
    "POST /api/v1/channels",
    "POST /api/v1/dashboards",
    "PUT /api/v1/dashboards/{dashboardId}",
)
"""Operations whose limits are those of others, or so many that trying them all takes half a minute."""
ENDING = ("PATCH /api/v1/tokens/{tokenId}", "DELETE /api/v1/tokens/{tokenId}")
"""Operations that would shut out whoever asks; `tests/api/test_people.py` asks them."""
MOST_EXAMPLES = 40


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """With room for more exports than a person begins."""
    return {**environment, "RATE_LIMIT_EXPORTS": "1000000"}


@pytest.fixture
def admin_token(sqlite_url: str) -> str:
    database = Database(sqlite_url)
    _, token = Accounts(SqlAccountStore(database), CLOCK).tokens.create("asks", "admin")
    database.close()
    return token


@pytest.fixture
def minutes(request: pytest.FixtureRequest) -> float:
    """Half of the time; the rest is that of `tests/fuzz`."""
    return float(request.config.getoption("--fuzz")) / 2


def test_it_answers_as_its_document_says(
    admin_token: str, server: Server, environment: Mapping[str, str], minutes: float
):
    """No server's error, no answer that is not told of, nothing taken that the document forbids, whoever asks."""
    document = server.json("/api/v1/openapi.json", token=admin_token)
    asked = 0
    for token, form in _forms(admin_token, environment, minutes):
        found, number = complaints(server, document, token, form)
        assert not found, f"seed {form.seed}:\n" + "\n".join(found)
        asked += number
    print(f"{asked} requests")
    assert asked > 1_000


def _forms(admin: str, environment: Mapping[str, str], minutes: float) -> Iterator[tuple[str, Form]]:
    """Who asks, and how thoroughly: for so many minutes, or by the same requests each time."""
    reader, scraper = environment["READ_TOKEN"], environment["INGEST_TOKEN"]
    if not minutes:
        yield admin, Form(boundaries=True, without=(*TWICE, *ENDING))
        yield admin, Form(examples=2, without=ENDING)
        yield from ((token, Form()) for token in (reader, scraper))
        return
    deadline = time.monotonic() + 60 * minutes
    yield admin, Form(boundaries=True, without=ENDING)
    for token in cycle((admin, admin, admin, reader, scraper)):
        left = int(deadline - time.monotonic())
        if left <= 0:
            return
        seed = random.SystemRandom().randrange(2, 2**31)
        yield token, Form(examples=MOST_EXAMPLES, seed=seed, seconds=left, without=ENDING)
