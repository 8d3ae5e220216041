"""Figures of the host."""

import os

import pytest

from scrapewatch.events import EVENTS
from scrapewatch.worker import LEAST_S, Host


def test_the_host_is_measured_and_not_invented(tmp_path):
    """From files with known figures: 30 of 100 ticks busy since the last call, 6 of 8 GiB used, loopback left out."""
    (tmp_path / "net").mkdir()
    (tmp_path / "stat").write_text("cpu 10 0 10 70 10 0 0 0 5 0\ncpu0 1 1 1 1\n")
    host = Host(tmp_path)
    (tmp_path / "stat").write_text("cpu 30 0 20 130 20 0 0 0 9 0\n")
    (tmp_path / "meminfo").write_text("MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: 2097152 kB\n")
    (tmp_path / "net/dev").write_text(
        "Inter-| Receive | Transmit\n face |bytes packets\n"
        "    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0\n  eth0: 100 1 0 0 0 0 0 0 50 1 0 0 0 0 0 0\n"
    )

    found = host.figures()
    assert found["cpu"]["usage"] == 0.3
    assert len(found["cpu"]["load"]) == 3
    assert found["memory"] == {"total": 8 * 2**30, "used": 6 * 2**30, "free": 2 * 2**30}
    assert found["network"] == {"bytesTransferred": 150}
    assert found["host"]
    assert set(found) <= set(EVENTS["worker"].fields)


def test_usage_is_told_of_no_less_than_a_quarter_of_a_second(tmp_path):
    """Two processors, 100 ticks a second each: after 40 nothing, after 60 the share of all 60, soon after the same."""
    ticks = LEAST_S * os.sysconf("SC_CLK_TCK") * 2
    told = []
    host = None
    for share in (0, 0.8, 1.2, 1.3):
        busy, idle = round(ticks * share / 4), round(ticks * share * 3 / 4)
        (tmp_path / "stat").write_text(f"cpu {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 1\ncpu1 1 1\n")
        host = host or Host(tmp_path)
        told.append(host.figures()["cpu"].get("usage"))

    assert told == [None, None, pytest.approx(0.25, abs=0.02), told[2]]


def test_what_can_not_be_measured_is_left_out(tmp_path):
    """A machine without these files tells its name and load, no zeros."""
    found = Host(tmp_path).figures()

    assert set(found) == {"host", "cpu"}
    assert set(found["cpu"]) == {"load"}
