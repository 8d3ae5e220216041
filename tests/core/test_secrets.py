"""Secrets that the server makes for itself."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.errors import ScrapewatchError
from app.core.secrets import load_or_create


def test_a_secret_is_made_once(tmp_path: Path):
    """The next start reads what the first has made; the folder is made too."""
    file = tmp_path / "data" / "secret_key"

    made = load_or_create(file)

    assert len(made) >= 32
    assert load_or_create(file) == made
    assert [entry.name for entry in file.parent.iterdir()] == ["secret_key"]


@pytest.mark.statement(46)
def test_only_the_owner_reads_it(tmp_path: Path):
    """Also when someone had opened it to others."""
    file = tmp_path / "data" / "secret_key"
    load_or_create(file)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    file.chmod(0o644)
    load_or_create(file)

    assert file.stat().st_mode & 0o777 == 0o600


def test_starts_at_once_agree(tmp_path: Path):
    """Whoever comes second takes the first one's secret."""
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: load_or_create(tmp_path / "secret_key"), range(8)))

    assert len(made) == 1


@pytest.mark.statement(4)
def test_a_short_secret_is_refused(tmp_path: Path):
    """An emptied file must not sign cookies with nothing."""
    file = tmp_path / "secret_key"
    file.write_text("short")

    with pytest.raises(ScrapewatchError, match="shorter than 32 bytes"):
        load_or_create(file)


def test_an_impossible_place_is_told(tmp_path: Path):
    """In one sentence that names the file."""
    (tmp_path / "file").touch()

    with pytest.raises(ScrapewatchError, match="can't be used"):
        load_or_create(tmp_path / "file" / "secret_key")
