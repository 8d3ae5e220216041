"""Adds the libraries that pages load to the list of the server's parts: ``python -m docs.sbom sbom.json``.

The list of Python's packages is cyclonedx-bom's (`make sbom`); it knows nothing of `static/vendor`.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

from app.dashboard.vendor import MANIFEST


def vendored() -> list[dict[str, Any]]:
    """The components of ``static/vendor``, in CycloneDX's form."""
    return [
        {
            "type": "library",
            "bom-ref": f"vendored-{row['name']}",
            "name": row["name"],
            "version": row["version"],
            "purl": f"pkg:npm/{row['name']}@{row['version']}",
            "licenses": [{"license": {"id": row["licence"]}}],
            "hashes": [{"alg": "SHA-384", "content": base64.b64decode(row["sha384"].partition("-")[2]).hex()}],
        }
        for row in json.loads(MANIFEST.read_text(encoding="utf-8"))
    ]


def main(file: Path) -> None:
    """Add them to the document in `file`."""
    document = json.loads(file.read_text(encoding="utf-8"))
    document["components"] = [*document.get("components", []), *vendored()]
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"{file}: {len(document['components'])} parts")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
