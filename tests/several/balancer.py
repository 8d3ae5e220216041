"""What stands in front of several processes: nginx or haproxy, set up as docs/several.md says, or else a reason."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.server import ROOT, free_port

START_S = 20
PROGRAMS = ("nginx", "haproxy")
_PROCESSES = ("5001", "5002", "5003")


class Unobtainable(Exception):
    """The program is not installed."""


@contextmanager
def running(name: str, ports: Sequence[int], folder: Path) -> Iterator[str]:
    """The address of a balancer over the processes at these ports, running as long as the block.

    Raises:
        Unobtainable: see there.
    """
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise Unobtainable(f"{name} is not installed")
    port = free_port()
    file = folder / f"{name}.conf"
    file.write_text(_nginx(port, ports, folder) if name == "nginx" else _haproxy(port, ports))
    options = ["-p", str(folder), "-c", str(file)] if name == "nginx" else ["-db", "-f", str(file)]
    with (folder / f"{name}.log").open("ab") as output:
        process = subprocess.Popen([program, *options], cwd=folder, stdout=output, stderr=output)
    try:
        _wait(port, process, folder / f"{name}.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_S)


def documented(language: str) -> str:
    """The example of docs/several.md."""
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / "docs/several.md").read_text(), re.DOTALL)
    assert found, language
    return found.group(1)


def _at(text: str, ports: Sequence[int]) -> str:
    for documented_port, port in zip(_PROCESSES, ports, strict=True):
        text = text.replace(f":{documented_port}", f":{port}")
    return text


def _nginx(port: int, ports: Sequence[int], folder: Path) -> str:
    http = _at(documented("nginx"), ports).replace("listen 80;", f"listen 127.0.0.1:{port};")
    paths = "".join(
        f"{kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    own = f"access_log off;\n{paths}"
    return (
        f"daemon off;\nmaster_process off;\npid {folder / 'nginx.pid'};\nerror_log stderr;\n"
        f"events {{ worker_connections 500; }}\nhttp {{\n{own}{http}}}\n"
    )


def _haproxy(port: int, ports: Sequence[int]) -> str:
    return _at(documented("haproxy"), ports).replace("bind :80", f"bind 127.0.0.1:{port}")


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()[-500:]
        assert time.monotonic() < deadline
        time.sleep(0.05)
