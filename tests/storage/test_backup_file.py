"""The file of a backup: whatever is changed in it is found."""

import zipfile
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.core.errors import ScrapewatchError
from app.storage.backup import container
from app.storage.base_backups import quietly


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A backup of some bytes."""
    (tmp_path / "data").write_bytes(b"to be kept " * 50)
    manifest = container.Manifest(
        version="1", made_at="", engine="sqlite", engine_version="3", schema="0001", file="some.db", counts={}
    )
    container.pack(tmp_path / "data", manifest, tmp_path / "some.zip", quietly)
    return tmp_path / "some.zip"


@pytest.mark.statement(47)
def test_every_single_byte_counts(file: Path):
    """One that is flipped is found wherever it is: in the data, the manifest, the archive's records, or the sum."""
    whole = file.read_bytes()
    container.require_whole(file, quietly)
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(ScrapewatchError, match=f"{file} is damaged: "):
            container.require_whole(file, quietly)


def test_the_damaged_part_is_named(file: Path):
    """By its name in the archive."""
    whole = file.read_bytes()
    for part in ("some.db.zst", container.MANIFEST):
        with zipfile.ZipFile(file) as archive:
            place = archive.getinfo(part).header_offset + 30 + len(part) + 30
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ScrapewatchError, match=f"the damage is in {part}"):
            container.require_whole(file, quietly)
        file.write_bytes(whole)


@pytest.mark.parametrize("left", [0, 40, -1])
def test_a_file_that_was_cut_off_is_no_backup(file: Path, left: int):
    """At whatever length."""
    file.write_bytes(file.read_bytes()[:left])

    with pytest.raises(ScrapewatchError, match="is damaged: its checksum is not at its end"):
        container.require_whole(file, quietly)


def test_another_archive_is_no_backup(tmp_path: Path):
    """Nor is a text."""
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a", "b")
    (tmp_path / "text.zip").write_text("hello")

    for name in ("other.zip", "text.zip"):
        with pytest.raises(ScrapewatchError, match="is no backup that can be read"):
            container.read(tmp_path / name)


@pytest.mark.statement(46)
def test_only_its_owner_reads_it(file: Path):
    """It holds hashes of passwords and all that scrapers have sent."""
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_backup_of_a_later_version_says_so(file: Path, tmp_path: Path):
    """Rather than being read as what it is not."""
    later = replace(container.read(file), format=container.FORMAT + 1)
    container.pack(tmp_path / "data", later, tmp_path / "later.zip", quietly)

    with pytest.raises(ScrapewatchError, match="is of a later version of Scrapewatch"):
        container.read(tmp_path / "later.zip")
