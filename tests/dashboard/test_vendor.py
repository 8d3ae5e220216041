"""The vendored libraries are what the manifest says, with their licences."""

import json

import pytest

from app.dashboard.vendor import FOLDER, LIBRARIES, MANIFEST, integrity

ROWS = json.loads(MANIFEST.read_text())


def test_the_manifest_lists_every_library_at_its_pinned_version():
    """Nothing is vendored that the script would not fetch, and nothing is missing."""
    assert [(row["name"], row["version"], row["file"]) for row in ROWS] == [
        (library.name, library.version, library.file) for library in LIBRARIES
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_vendored_file_is_as_it_was_fetched(row):
    """Hash and size, computed anew, are those of the manifest: nobody changed it by hand."""
    body = (FOLDER / row["file"]).read_bytes()

    assert (integrity(body), len(body)) == (row["sha384"], row["bytes"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_licence_travels_with_its_library(row):
    """Each library is under MIT and brings the text that MIT asks for."""
    text = (FOLDER / f"{row['file']}.LICENSE").read_text()

    assert row["licence"] == "MIT"
    assert "Permission is hereby granted, free of charge" in text
