"""The fault tests: each names its fault and what must hold, and notes the figure that it measured.

`make test` runs their short form, `make faults` the long one, which prints docs/faults.md. What is random in a test
follows from pytest-randomly's seed, which every run prints: ``-p "randomly_seed=…"`` repeats it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults import report
from tests.faults.rig import Rig

LINES = pytest.StashKey[dict[str, report.Line]]()


def pytest_configure(config: pytest.Config) -> None:
    """The table is empty."""
    config.stash[LINES] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out of the short form what is marked as long."""
    if config.getoption("--faults") == "short":
        out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Put a test that passed into the table."""
    made = yield
    mark = item.get_closest_marker("fault")
    if mark and made.when == "call" and made.passed:
        number, fault, expected = mark.args
        measured = dict(made.user_properties).get("measured", "")
        item.config.stash[LINES][item.nodeid] = report.Line(number, fault, expected, item.nodeid, measured)
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Say what was measured; after a good run of the whole long form, in the documentation too."""
    lines = list(config.stash[LINES].values())
    if not lines:
        return
    terminalreporter.section(f"faults, seed {config.getoption('randomly_seed')}")
    terminalreporter.write(report.summary(lines))
    if config.getoption("--faults") == "long" and exitstatus == pytest.ExitCode.OK:
        report.write(lines)


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether this is the long form."""
    return bool(request.config.getoption("--faults") == "long")


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[object], None]:
    """Notes what was measured, for the table."""
    return lambda figure: record_property("measured", str(figure))


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Random:
    """The test's own randomness."""
    return Random(f"{request.config.getoption('randomly_seed')} {request.node.nodeid}")


@pytest.fixture
def variables() -> dict[str, str]:
    """Settings of the server that a module's tests want otherwise; to be overridden."""
    return {}


@pytest.fixture
def rig(
    environment: dict[str, str], variables: dict[str, str], sqlite_url: str, tmp_path: Path, chance: Random
) -> Iterator[Rig]:
    """Server and proxy, running, on SQLite."""
    with Rig({**environment, "DATABASE_URL": sqlite_url, **variables}, tmp_path, chance) as started:
        yield started
