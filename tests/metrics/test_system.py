"""The figures of the machine that the server runs on."""

from app.metrics.system import Machine


def test_a_real_machine_can_be_read():
    """Shares lie between 0 and 1, used and free memory add up, three loads, bytes only grow."""
    machine = Machine()
    first, second = machine(), machine()

    assert machine.name
    assert 0 <= second.cpu_usage <= 1
    assert len(second.cpu_load) == 3
    assert second.memory_used + second.memory_free == second.memory_total > 0
    assert second.bytes_transferred >= first.bytes_transferred >= 0
