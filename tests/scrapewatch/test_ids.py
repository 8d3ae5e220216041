"""Ids that senders make."""

import time
import uuid

from scrapewatch.ids import uuid7


def test_an_id_is_a_uuid_of_version_7():
    """Version, variant and the time in its first 48 bits are where RFC 9562 wants them."""
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(uuid7())

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_differ():
    """100,000 of them, within a few ms."""
    assert len({uuid7() for _ in range(100_000)}) == 100_000
