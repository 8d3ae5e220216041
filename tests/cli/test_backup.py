"""``flask backup`` and ``flask restore``, as an operator types them."""

from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner, Result

from app.cli import create_cli
from app.storage.sql import schema
from config import Settings
from tests.cli.conftest import Run


def elsewhere(settings: Settings, folder: Path, *words: str) -> Result:
    """On another machine."""
    there = replace(settings, data_dir=folder, database_url=f"sqlite:///{folder}/scrapewatch.db")
    return CliRunner().invoke(create_cli(there).cli, words)


def test_a_backup_is_made_verified_and_restored(flask: Run, sqlite_url: str, settings: Settings, tmp_path: Path):
    """Into the folder of backups, from there onto a machine that has nothing, where `db check` is content."""
    made = flask("backup")

    assert made.exit_code == 0, made.output
    (file,) = (tmp_path / "backups").glob("scrapewatch-*.zip")
    assert made.stdout.startswith(f"{file}: ")
    assert "verified" in made.stdout
    assert "does not hold the encryption keys" in made.stdout
    assert "is whole" in flask("backup", "--verify", str(file)).stdout
    there = tmp_path / "there"
    restored = elsewhere(settings, there, "restore", str(file))
    assert (restored.exit_code, elsewhere(settings, there, "db", "check").exit_code) == (0, 0), restored.output
    again = elsewhere(settings, there, "restore", str(file))
    assert (again.exit_code, again.stderr.count("\n")) == (1, 1)
    assert "--force" in again.stderr
    assert elsewhere(settings, there, "restore", "--force", str(file)).exit_code == 0


def test_a_file_of_one_s_own_is_not_thinned_out(flask: Run, sqlite_url: str, tmp_path: Path):
    """Nor written over."""
    own = str(tmp_path / "own.zip")

    assert flask("backup", own).exit_code == 0
    again = flask("backup", own)

    assert (again.exit_code, again.stderr) == (1, f"Error: {own} is there already.\n")
    assert not (tmp_path / "backups").exists()


def test_what_is_wrong_is_told_in_one_line(flask: Run, sqlite_url: str, tmp_path: Path):
    """A backup that is damaged or not there, and one that is to be verified but not named."""
    (tmp_path / "some.zip").write_text("hello")

    damaged = flask("backup", "--verify", str(tmp_path / "some.zip"))
    absent = flask("restore", str(tmp_path / "none.zip"))

    assert (damaged.exit_code, absent.exit_code, flask("backup", "--verify").exit_code) == (1, 1, 2)
    assert "is damaged: its checksum is not at its end" in damaged.stderr
    assert absent.stderr == f"Error: {tmp_path / 'none.zip'} can't be used: No such file or directory.\n"


def test_an_empty_database_is_nothing_to_back_up(flask: Run):
    """It says how one begins."""
    assert schema.UPGRADE in flask("backup").stderr


def test_events_that_are_kept_elsewhere_are_not_in_it(settings: Settings, sqlite_url: str):
    """And it says so."""
    other = replace(settings, storage_url="memory:")

    assert "Events, jobs and series are kept by STORAGE_URL (memory:) and are not" in (
        CliRunner().invoke(create_cli(other).cli, ["backup"]).stdout
    )
