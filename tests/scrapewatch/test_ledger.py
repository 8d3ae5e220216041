"""The ledger adds up at every moment, whatever happens in whatever order."""

import json
import shutil
import tempfile
from collections import deque
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scrapewatch import settings
from scrapewatch.buffer import Buffer
from scrapewatch.ids import uuid7
from scrapewatch.line import Batch

JOBS = ("a", "b", "")
TYPES = ("item_scraped", "error", "job_completed", "job_progress", "metric")


class Scrapers(RuleBasedStateMachine):
    """One scraper after the other on one folder: each emits and sends, and ends well or is killed.

    What the server stores is a dictionary by id; every event carries a number, and jobs keep their order.
    """

    def __init__(self):
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.stored: dict[str, dict[str, Any]] = {}
        self.refused: dict[str, dict[str, Any]] = {}
        self.put = 0
        self.lost = 0  # by scrapers that are gone, under a reason
        self.start()

    def start(self):
        """The next scraper."""
        environment = {"SCRAPEWATCH_SPOOL_DIR": self.folder, "SCRAPEWATCH_SPOOL_BYTES": str(1024 * 1024)}
        self.buffer = Buffer(settings.load(environment=environment), uuid7(), 0, 3)
        self.batches: deque[Batch] = deque()
        self.adopted = False

    @rule(job=st.sampled_from(JOBS), event_type=st.sampled_from(TYPES), size=st.sampled_from([10, 50_000]))
    def emit(self, job, event_type, size):
        """One event, small or large."""
        self.put += 1
        head = f'"type":"{event_type}","jobId":"{job}","timestamp":{self.put},"id":"{uuid7()}","data":'
        self.buffer.put(event_type, f'"{job}"', head, json.dumps({"n": self.put, "text": "x" * size}))

    @rule(share=st.sampled_from([0, 0.5, 1]))
    def sample(self, share):
        """The server asks for less, or for all."""
        self.buffer.sample(share)

    @rule()
    def tell(self):
        """Summaries go out before they are due."""
        self.buffer.tell(everything=True)

    @rule()
    def lose(self):
        """An event can't be read."""
        self.put += 1
        self.buffer.lose("error")

    @rule()
    def adopt(self):
        """Look for leftovers; a scraper's sender does so first."""
        if not self.adopted and self.buffer.folder is not None:
            self.adopted = True
            self.buffer.adopt()

    @precondition(lambda self: not self.batches)
    @rule()
    def take(self):
        """Put a batch in flight."""
        self.adopt()
        batch = self.buffer.take(0)
        if batch is not None:
            self.batches.append(batch)

    @precondition(lambda self: self.batches)
    @rule(refuses=st.booleans(), answers=st.booleans())
    def send(self, refuses, answers):
        """It is stored, or its first event refused; the answer may be lost."""
        batch = self.batches[0]
        events = json.loads(batch.text)
        if refuses and events[0]["id"] not in self.stored:
            self.refused[events[0]["id"]] = events[0]  # for good
        rejected = [event for event in events if event["id"] in self.refused]
        fresh = [event for event in events if event["id"] not in {*self.stored, *self.refused}]
        self.stored |= {event["id"]: event for event in fresh}
        if not answers:
            return

        def account(ledger):
            ledger.accepted += len(fresh)
            ledger.duplicates += len(events) - len(rejected) - len(fresh)
            ledger.rejected.update("invalid" for _ in rejected)

        self.buffer.settle(self.batches.popleft(), account)

    @precondition(lambda self: self.batches and len(self.batches[0]) > 1)
    @rule()
    def split(self):
        """It is too large."""
        self.batches.extendleft(reversed(self.batches.popleft().halves()))

    @rule(kill=st.booleans())
    def end(self, kill):
        """The scraper ends, or is killed; the next begins."""
        self.count_losses()
        if kill:
            self.buffer.abandon()
        else:
            self.buffer.refuse("closed")
        self.start()

    @invariant()
    def the_ledger_adds_up(self):
        """At every moment."""
        ledger = self.buffer.ledger
        told = ledger.accepted + ledger.duplicates + ledger.rejected.total() + ledger.dropped.total() + ledger.waiting
        assert ledger.emitted + ledger.adopted == told
        assert min(ledger.waiting, *ledger.dropped.values(), 0) >= 0

    @invariant()
    def jobs_are_in_order(self):
        """By the number that each event carries."""
        for job in JOBS[:2]:
            numbers = [e["data"]["n"] for e in self.stored.values() if e["jobId"] == job and "n" in e["data"]]
            assert numbers == sorted(numbers)

    def count_losses(self):
        """What the scraper that goes says it has lost."""
        dropped = self.buffer.ledger.dropped
        self.lost += dropped.total() - dropped["summarised"]

    def teardown(self):
        """When the last has sent all there is, everything emitted is stored, refused, counted or lost by name."""
        self.end(kill=False)
        self.put += 1
        self.buffer.put("log", '""', f'"type":"log","jobId":"","timestamp":1,"id":"{uuid7()}","data":', '{"n":0}')
        self.take()
        while self.batches:
            self.send(refuses=False, answers=True)
            self.take()
        assert self.buffer.ledger.waiting == 0
        self.end(kill=False)
        known = [event["data"] for event in [*self.stored.values(), *self.refused.values()]]
        assert sum(data.get("count", 1) for data in known) + self.lost == self.put
        shutil.rmtree(self.folder)


Scrapers.TestCase.settings = hypothesis_settings(max_examples=40, stateful_step_count=40, deadline=None)
TestScrapers = Scrapers.TestCase
