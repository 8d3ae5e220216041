"""Copies the libraries that pages need out of the npm registry: ``python -m app.dashboard.vendor``.

Run by a developer when a version changes, never by the server. Each file comes with its licence and a row in
``static/vendor/manifest.json``; a test computes every hash anew, so a file changed by hand is noticed.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "static" / "vendor"
MANIFEST: Final = FOLDER / "manifest.json"


@dataclass(frozen=True)
class Library:
    """A library and the one file of its package that pages load."""

    name: str
    version: str
    source: str
    file: str


LIBRARIES: Final = (
    # The finance bundle is the smallest with gauges; 4.1.0 is its only 4.1 release, the line that plotly 7.1 speaks.
    Library("plotly.js-finance-dist-min", "4.1.0", "plotly-finance.min.js", "plotly-finance.min.js"),
    Library("socket.io-client", "4.8.4", "dist/socket.io.esm.min.js", "socket.io.esm.min.js"),
)


def integrity(body: bytes) -> str:
    """The value of an ``integrity`` attribute for a file of that content."""
    return "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()


def fetch(library: Library, into: Path) -> dict[str, Any]:
    """Write the library's file and licence to the folder `into`; return its row of the manifest."""
    with tempfile.TemporaryDirectory() as scratch:
        package = _unpacked(library, Path(scratch))
        body = _without_map((package / library.source).read_bytes())
        (into / library.file).write_bytes(body)
        shutil.copyfile(package / "LICENSE", into / f"{library.file}.LICENSE")
        about = json.loads((package / "package.json").read_text())
    return {
        "name": library.name,
        "version": library.version,
        "licence": about["license"],
        "file": library.file,
        "sha384": integrity(body),
        "bytes": len(body),
    }


def _unpacked(library: Library, scratch: Path) -> Path:
    command = ["npm", "pack", "--silent", f"{library.name}@{library.version}"]
    packed = subprocess.run(command, cwd=scratch, check=True, capture_output=True, text=True)  # noqa: S603 - rows of the table above
    with tarfile.open(scratch / packed.stdout.strip()) as archive:
        archive.extractall(scratch, filter="data")
    return scratch / "package"


def _without_map(body: bytes) -> bytes:
    """Drop the last line if it names a source map, which is not shipped and would be asked for by dev tools."""
    kept, _, last = body.rstrip().rpartition(b"\n")
    return kept + b"\n" if last.startswith(b"//# sourceMappingURL=") else body


def main() -> None:
    """Fetch every library and write the manifest."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows = [fetch(library, FOLDER) for library in LIBRARIES]
    MANIFEST.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
