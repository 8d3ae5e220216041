"""Dashboards of a folder are there at the start; one that can't be used is told and keeps none of the others away."""

import json
import logging
from pathlib import Path

import pytest

from app.dashboards.files import SHIPPED, provided, read
from tests.dashboards.seed import config, full, panel


def write(folder: Path, name: str, body: object) -> Path:
    """A file of that name."""
    file = folder / name
    file.write_text(body if isinstance(body, str) else json.dumps(body))
    return file


def test_a_folder_is_read(tmp_path: Path):
    """By the name of the file; a name inside is the one shown."""
    write(tmp_path, "shop.json", full())
    write(tmp_path, "quiet.json", config(panel("one")))
    found = {one.id: one for one in provided(tmp_path)}

    assert (found["shop"].name, found["shop"].origin) == ("Shop prices", "file")
    assert found["shop"].config == {"layout": full()["layout"], "theme": full()["theme"]}
    assert found["quiet"].name == "quiet"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{", "must be JSON"),
        (config(panel("one", kind="pie")), "layout.panels[0].type must be one of"),
        (config(name="x" * 300), "name must be printable text"),
    ],
)
def test_a_bad_file_is_told_by_name_and_field(tmp_path: Path, caplog: pytest.LogCaptureFixture, body, told: str):
    """In one line of the log; the other file is there."""
    file = write(tmp_path, "bad.json", body)
    write(tmp_path, "good.json", config())
    with caplog.at_level(logging.ERROR):
        found = provided(tmp_path)

    assert "good" in {one.id for one in found}
    assert "bad" not in {one.id for one in found}
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert str(file) in caplog.text
    assert told in caplog.text


def test_a_name_of_digits_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Such are the ids of people's own."""
    write(tmp_path, "12.json", config())

    assert "12" not in {one.id for one in provided(tmp_path)}
    assert "the file's name must be" in caplog.text


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """And harms nothing."""
    assert {one.origin for one in provided(tmp_path / "none")} <= {"shipped"}
    assert "is no folder" in caplog.text


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.json")), ids=lambda file: file.stem)
def test_those_that_come_along_can_be_used(file: Path):
    """Each is read without a fault, and has a name of its own."""
    found = read(file, "shipped")

    assert found.name != file.stem


def test_a_file_takes_the_place_of_one_that_comes_along(tmp_path: Path):
    """By its id or its name."""
    shipped = provided(None)
    for one in shipped[:1]:
        write(tmp_path, f"{one.id}.json", config(name="Ours"))

    assert [one.name for one in provided(tmp_path) if one.id == shipped[0].id] == ["Ours"]
