"""Acknowledgements, read without trust."""

import math

import pytest

from scrapewatch.answers import read


@pytest.mark.parametrize(
    "raw", [None, 1, "x", {}, {"accepted": -1, "rejected": 3}, {"accepted": math.nan, "duplicates": "9", "flow": 1}]
)
def test_an_answer_without_sense_accounts_for_nothing(raw):
    """The batch will be sent again."""
    answer = read(raw)

    assert (answer.accounted, answer.retry_after_ms) == (0, 0)


def test_an_answer_is_read():
    """The longer of the two waits counts."""
    answer = read(
        {
            "ok": False,
            "code": "busy",
            "accepted": 2,
            "duplicates": 1,
            "rejected": [{"index": 0, "code": "invalid", "field": "data.total", "message": "must be ≥ 0"}, "odd"],
            "retryAfter": 100,
            "flow": {"level": "slow", "retryAfter": 250},
        }
    )
    assert (answer.accounted, answer.code, answer.retry_after_ms) == (5, "busy", 250)
    assert [(rejection.code, rejection.message) for rejection in answer.rejections] == [
        ("invalid", "data.total: must be ≥ 0"),
        ("invalid", "odd"),
    ]
