"""The programs that the demo consists of: started, watched, and stopped in order."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
STOP_S: Final = 15.0


class Failed(Exception):
    """A program ended that should not have, or did wrong; the message is for a person."""


class Program:
    """A child process, in a session of its own: a Ctrl-C at the terminal is the demo's to pass on, in order.

    Args:
        name: what it is to a person.
        command: how it is started, in the repository's folder.
        environment: variables that it gets besides ours.
        log: file that gets what it prints.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def check(self) -> None:
        """Nothing, if all is well.

        Raises:
            Failed: it ended with another exit code than 0.
        """
        code = self._process.poll()
        if code:
            raise self.failed(f"ended with exit code {code}")

    def wait(self) -> None:
        """Wait for its end.

        Raises:
            Failed: see `check`.
        """
        self._process.wait()
        self.check()

    def failed(self, what: str) -> Failed:
        """An account of its failure, with the end of what it printed."""
        last = "\n".join(f"  {line}" for line in self.log.read_text(errors="replace").splitlines()[-15:])
        return Failed(f"The {self.name} {what}. The end of {self.log}:\n{last}")

    def has_said(self, words: str) -> bool:
        """Whether it has printed `words`."""
        return words in self.log.read_text(errors="replace")

    def stop(self) -> None:
        """Ask it to end (SIGTERM), wait for that, and end it if it takes more than `STOP_S` seconds."""
        if not self.running:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
