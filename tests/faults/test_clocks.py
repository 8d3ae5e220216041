"""Clocks that are wrong: order follows the sender's numbers, figures the server's time."""

import pytest
from sqlalchemy import text

from scrapewatch.events import FLAGS
from tests.faults.kept import reading
from tests.faults.rig import Rig

DAY_S = 86_400
SKEW = 1 << FLAGS.index("skew")


@pytest.mark.parametrize(
    ("shift", "jump", "flagged"),
    [(DAY_S, 0, True), pytest.param(-DAY_S, 0, False, marks=pytest.mark.long), (0, -7_200, False)],
    ids=["a day ahead", "a day behind", "two hours back in mid-run"],
)
@pytest.mark.fault(
    "T-1",
    "a scraper's clock is a day ahead, a day behind, or jumps back two hours in mid-run",
    "order by `seq`; what is ahead is flagged and counted when it was received; roll-ups right",
)
def test_a_wrong_clock_changes_no_order(rig: Rig, shift: int, jump: int, flagged: bool, measured):
    """Events stand in the order in which they were emitted, and no chart reaches into the future."""
    rig.scrape("s", events=600, rate=600, jobs=2, shift=shift, jump=jump)
    verdict = rig.finish()
    with reading(rig.url) as connection:
        flags = connection.scalars(text("SELECT flags FROM events WHERE job_key > 0")).all()
        ahead = connection.scalar(
            text("SELECT count(*) FROM buckets WHERE at_ms > (SELECT max(received_ms) FROM events)")
        )

    measured(f"{sum(bool(each & SKEW) for each in flags)} of {len(flags)} flagged; {verdict}")
    assert verdict.right, verdict
    assert {bool(each & SKEW) for each in flags} == {flagged}
    assert ahead == 0
