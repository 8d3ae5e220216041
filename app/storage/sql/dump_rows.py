"""Counts the rows of each table in a dump of Postgres: a program of its own, ``python dump_rows.py PG_RESTORE DUMP``.

All of the dump is read, so it is also found whether it can be. Apart from the server, which has no time for millions of
lines. Writes JSON, tables to rows.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Final

COPY: Final = re.compile(rb'COPY (?:\w+|"[^"]+")\.(?:(\w+)|"([^"]+)") ')
END: Final = b"\\.\n"


def count(lines: Iterator[bytes]) -> dict[str, int]:
    """Rows by table, of what pg_restore writes: one a line, from a COPY to the line that ends it."""
    counts: Counter[str] = Counter()
    for line in lines:
        if match := COPY.match(line):
            counts[(match[1] or match[2]).decode()] += sum(1 for _ in iter(lines.__next__, END))
    return dict(counts)


def main(restore: str, dump: str) -> int:
    """0 when the dump was read to its end; else 1, and pg_restore has said why."""
    command = [restore, "--data-only", "--file=-", dump]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:  # noqa: S603
        counts = count(iter(process.stdout or ()))
    sys.stdout.write(json.dumps(counts))
    return min(1, process.returncode)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
