"""The rig: the server by its Procfile line, scrapers as processes of their own, and a proxy between them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

from tests.faults.oracle import Told, Verdict, judge, tell
from tests.faults.proxy import Proxy
from tests.server import ROOT, Server, path, procfile

PATIENCE_S = 60
RESTARTED_S = 5
"""The first acknowledgement after a restart comes within so many seconds."""


class Scraper:
    """A process that runs `tests.faults.scraper`.

    Args:
        name: of its ledger; a scraper that is started again under its name goes on in the same ledger.
        arguments: for the scraper, but for the ledger.
        environment: its whole environment but for PATH.
        folder: where its ledger and its log are.
    """

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.jobs = sum(argument.startswith("--job=") for argument in arguments)
        self.ledger = folder / f"{name}.ledger"
        self.log = folder / f"{name}.log"
        self._before = self.emitted
        command = [sys.executable, "-m", "tests.faults.scraper", "--ledger", str(self.ledger), *arguments]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**environment, "PATH": path()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def finish(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait for its end, which must be a good one."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"a scraper did not end: {self.log.read_text()[-2000:]}") from None
        assert code == 0, self.log.read_text()[-2000:]

    def kill(self) -> None:
        """End it at once, if it still runs."""
        self.process.kill()
        self.process.wait()

    @property
    def emitted(self) -> int:
        """Events noted as emitted so far."""
        return self.ledger.read_text().count("=") if self.ledger.exists() else 0

    def works(self) -> bool:
        """Whether this run has emitted anything."""
        return self.emitted > self._before

    @property
    def next(self) -> int:
        """A number above those of all its events so far."""
        numbers = (line.rpartition(" ")[2] for line in self.ledger.read_text().splitlines() if line[0] in "+=")
        return max(map(int, numbers), default=0) + 1


class Rig:
    """Server, proxy and scrapers of one test; to be used as a context.

    Args:
        environment: of the server, the database included.
        folder: for ledgers and logs.
        chance: what is random in the test.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, chance: Random) -> None:
        self.environment = {**environment, "HOST": "127.0.0.1"}
        self.url = environment.get("STORAGE_URL") or environment["DATABASE_URL"]
        self.folder = folder
        self.chance = chance
        self.server = Server(self.environment, folder / "server.log", procfile("web"))
        self.proxy = Proxy(self.server.port, chance)
        self.scrapers: list[Scraper] = []

    def __enter__(self) -> "Rig":
        self.proxy.__enter__()
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        for scraper in self.scrapers:
            scraper.kill()
        if self.server.process.poll() is None:
            self.server.kill()
        self.proxy.__exit__()

    @property
    def ledgers(self) -> list[Path]:
        """Those of all scrapers, each once."""
        return sorted({scraper.ledger for scraper in self.scrapers})

    def scrape(self, name: str, *, events: int, rate: float = 0, jobs: int = 1, **options: object) -> Scraper:
        """Start a scraper.

        Args:
            name: its own, and the beginning of its jobs' names.
            events: how many it emits.
            rate: how many a second; 0 is as fast as it goes.
            jobs: among how many jobs.
            options: further ones of the scraper (`first`, `bytes`), and its variables in capitals.
        """
        given = {"events": events, "rate": rate, **options}
        arguments = [f"--job={name}-{number}" for number in range(1, jobs + 1)]
        arguments += [f"--{option}={value}" for option, value in given.items() if option.islower()]
        variables = {
            "SCRAPEWATCH_URL": self.proxy.address,
            "SCRAPEWATCH_TOKEN": self.environment["INGEST_TOKEN"],
            "SCRAPEWATCH_SPOOL_DIR": str(self.folder / "spool"),
            "SCRAPEWATCH_CLOSE_TIMEOUT": str(PATIENCE_S * 1_000),
        } | {variable: str(value) for variable, value in options.items() if variable.isupper()}
        scraper = Scraper(name, arguments, variables, self.folder)
        self.scrapers.append(scraper)
        return scraper

    def again(self, killed: Scraper, *, events: int, rate: float = 0) -> Scraper:
        """The next run of a scraper, on the same jobs, ledger and spool."""
        return self.scrape(killed.ledger.stem, jobs=killed.jobs, first=killed.next, events=events, rate=rate)

    def rerun(self, scraper: Scraper, *, events: int, rate: float = 0, within_s: float = 0) -> Scraper:
        """Kill a scraper in the midst of its work, within so many seconds by chance, and start its next run."""
        self.until(scraper.works)
        self.pass_time(self.chance.uniform(0, within_s))
        scraper.kill()
        return self.again(scraper, events=events, rate=rate)

    def cut_soon(self, connections: int, most_bytes: int) -> None:
        """The next connections are cut, each somewhere in what it sends."""
        self.proxy.cuts = [self.chance.randrange(200, most_bytes) for _ in range(connections)]

    def served_by(self, *command: str) -> Server:
        """The same server, not started yet, by another command."""
        return Server({**self.environment, "PORT": str(self.server.port)}, self.server.log, command)

    def restart(self) -> float:
        """Start the dead server again; returns the seconds from its first answer to its first acknowledgement."""
        self.server.start()
        began = time.monotonic()
        self.until(lambda: self.acked_since(began))
        return self.proxy.acks[-1] - began

    def acked_since(self, moment: float) -> int:
        """Acknowledgements since a moment of the monotonic clock."""
        return sum(at >= moment for at in reversed(self.proxy.acks))

    def finish(self, timeout_s: float = PATIENCE_S) -> Verdict:
        """Wait for the good end of all scrapers, and judge."""
        for scraper in self.scrapers:
            scraper.finish(timeout_s)
        return judge(self.url, self.ledgers)

    def settled(self, last: Iterable[Scraper]) -> Verdict:
        """Wait for the good end of the last runs, let one more send what the others left, and judge.

        Args:
            last: those that were not killed; they may have begun before another was.
        """
        for scraper in last:
            scraper.finish()
        self.scrape("sweeper", events=1).finish()
        left = [path for path in (self.folder / "spool").rglob("*.spool") if path.stat().st_size]
        assert left == [], "the spool is not empty"
        return judge(self.url, self.ledgers)

    def told(self) -> Told:
        """What the ledgers say."""
        return tell(self.ledgers)

    def pass_time(self, seconds: float) -> None:
        """Let what runs run for so long."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, seconds + 1)

    @staticmethod
    def until(condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
        """Wait for a condition."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come about"
            time.sleep(0.01)


def rss_bytes(pid: int) -> int:
    """Memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
