"""A server to send to, and conditions to wait for."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scrapewatch.client import Emitter
from tests.scrapewatch.stand_in import TOKEN, StandIn

# Emits `count` items and says "there" when it has.
KILLED = """
import sys
from scrapewatch import Emitter

job_id, count = sys.argv[1:]
emitter = Emitter()
job = emitter.job(job_id)
job.start()
for n in range(int(count)):
    job.item({"n": n})
print("there", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A running server."""
    running = StandIn()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def spool_dir(tmp_path: Path) -> Path:
    """Where spools are."""
    return tmp_path / "spool"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, spool_dir: Path) -> None:
    """No address from the environment, little patience, and a spool that is nobody's."""
    for name in ("URL", "TOKEN", "CLOSE_TIMEOUT", "RECONNECT_ATTEMPTS", "RECONNECT_BACKOFF", "SPOOL_BYTES", "ITEMS"):
        monkeypatch.delenv(f"SCRAPEWATCH_{name}", raising=False)
    monkeypatch.setenv("SCRAPEWATCH_RECONNECT_DELAY", "20")
    monkeypatch.setenv("SCRAPEWATCH_SPOOL_DIR", str(spool_dir))


@pytest.fixture
def emitter_to(quick: None) -> Iterator[Callable[..., Emitter]]:
    """Makes emitters to an address and closes them at the end."""
    made: list[Emitter] = []

    def make(url: str, **options: int) -> Emitter:
        made.append(Emitter(url, TOKEN, **{"flush_interval": 5, **options}))
        return made[-1]

    yield make
    for emitter in made:
        emitter.close(1)


@pytest.fixture
def emitter(stand_in: StandIn, emitter_to: Callable[..., Emitter]) -> Emitter:
    """An emitter to the running server."""
    return emitter_to(stand_in.url)


@pytest.fixture
def until() -> Callable[..., None]:
    """Waits for a condition, and fails if it doesn't come about."""

    def wait(condition: Callable[[], object], timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come about"
            time.sleep(0.005)

    return wait


@pytest.fixture
def run_scraper(tmp_path: Path, spool_dir: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs a script as a scraper of its own, with an address, the token and other settings in its environment."""

    def run(script: str, url: str, **settings: object) -> "subprocess.CompletedProcess[str]":
        file = tmp_path / "scraper.py"
        file.write_text(script)
        variables = {"URL": url, "TOKEN": TOKEN, "SPOOL_DIR": spool_dir, **settings}
        environment = {f"SCRAPEWATCH_{name}": str(value) for name, value in variables.items()}
        environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
        command = [sys.executable, str(file)]
        return subprocess.run(command, env=environment, timeout=60, check=False, capture_output=True, text=True)

    return run


@pytest.fixture
def scraper(tmp_path: Path, spool_dir: Path) -> Callable[..., "subprocess.Popen[bytes]"]:
    """Starts a script as a scraper of its own, with arguments, that is not waited for."""

    def start(script: str, url: str, *arguments: str) -> "subprocess.Popen[bytes]":
        file = tmp_path / "running.py"
        file.write_text(script)
        environment = {
            "SCRAPEWATCH_URL": url,
            "SCRAPEWATCH_TOKEN": TOKEN,
            "SCRAPEWATCH_SPOOL_DIR": str(spool_dir),
            "SCRAPEWATCH_RECONNECT_DELAY": "20",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }
        command = [sys.executable, str(file), *arguments]
        return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    return start


@pytest.fixture
def killed(scraper: Callable[..., "subprocess.Popen[bytes]"], spool_dir: Path) -> Callable[..., list[Path]]:
    """Runs a scraper that emits so many items of a job, and kills it when all are emitted; gives its spool files."""

    def run(url: str, count: int, job: str = "1") -> list[Path]:
        before = set(spool_dir.rglob("*.spool"))
        with scraper(KILLED, url, job, str(count)) as process:
            assert process.stdout
            assert process.stdout.readline() == b"there\n"
            process.kill()
        return sorted(set(spool_dir.rglob("*.spool")) - before)

    return run


@pytest.fixture
def next_one(emitter_to: Callable[..., Emitter], until: Callable[..., None]) -> Callable[[str], Emitter]:
    """The next scraper with that address: has adopted what there is, and sent it."""

    def start(url: str) -> Emitter:
        emitter = emitter_to(url)
        emitter.emit("log", "next", {"message": "here"})
        assert emitter.flush(20)

        def nothing_waits() -> bool:
            with emitter._outbox.buffer._files:  # whoever settled the last batch has let go of the files, too
                return not emitter.ledger.waiting

        until(nothing_waits)
        return emitter

    return start
