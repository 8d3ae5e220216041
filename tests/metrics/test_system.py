"""The figures of the machine that the server runs on."""

import threading
from collections import namedtuple

import psutil

from app.metrics.system import LEAST_S, Machine, Reading

Times = namedtuple("Times", ("user", "idle", "iowait", "guest"))


def watched(*times: Times) -> list[float | None]:
    """The shares that a machine tells whose processors have come that far, a reading each; the first begins."""
    remaining = iter(times)
    machine = Machine(lambda: next(remaining))
    return [machine().cpu_usage for _ in times[1:]]


def test_a_real_machine_can_be_read():
    """Used and free memory add up, three loads, bytes only grow."""
    machine = Machine()
    first, second = machine(), machine()

    assert machine.name
    assert len(second.cpu_load) == 3
    assert second.memory_used + second.memory_free == second.memory_total > 0
    assert second.bytes_transferred >= first.bytes_transferred >= 0


def test_the_processors_are_busy_for_whichever_thread_looks():
    """What this test itself has worked is told by the first reading of a thread that never looked before."""
    machine = Machine()
    began = sum(psutil.cpu_times()[:2])  # also where tests run at a lower priority
    while sum(psutil.cpu_times()[:2]) - began < 2 * LEAST_S * (psutil.cpu_count() or 1):
        pass
    readings: list[Reading] = []
    looking = threading.Thread(target=lambda: readings.append(machine()))
    looking.start()
    looking.join()

    usage = readings[0].cpu_usage
    assert usage is not None
    assert 0 < usage <= 1


def test_a_share_is_of_no_less_than_a_quarter_of_a_second():
    """Too soon nothing is told at first, and later the same again; what was passed over counts the next time."""
    second = float(psutil.cpu_count() or 1)  # of all processors
    short, long = second * LEAST_S / 2, second * LEAST_S * 2
    begin = Times(100.0, 50.0, 1.0, 7.0)

    soon = begin._replace(user=100 + short)
    enough = begin._replace(user=100 + long, idle=50 + long)
    soon_after = enough._replace(user=enough.user + short)
    then = enough._replace(user=enough.user + long / 4, idle=50 + long + long * 3 / 8, iowait=1 + long * 3 / 8)
    assert watched(begin, soon, enough, soon_after, then) == [None, 0.5, 0.5, 0.25]


def test_a_guest_s_work_is_counted_once():
    """Linux adds it to its host's."""
    second = float(psutil.cpu_count() or 1)

    assert watched(Times(0.0, 0.0, 0.0, 0.0), Times(second, second, 0.0, second / 2)) == [0.5]
