"""``flask export``: what the HTTP export gives, from the database alone."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from app.cli import create_cli
from app.cli.export import _Bar
from app.jobs.fold import fold
from app.storage.base_series import Point
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.stores import open_stores
from config import Settings
from tests.fakes import NOW_MS, StoppedClock, event

Run = Callable[..., Result]


@pytest.fixture
def stored(settings: Settings, sqlite_url: str):
    """A job with 1,203 items and an error, and a point of its figures; returns the settings with that database."""
    database = Database(sqlite_url)
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    events, series, *_ = open_stores(sqlite_url, database, StoppedClock())

    def folded(commit, jobs) -> list[Point]:
        fold(commit, jobs)
        return []

    events.append([event("job_started", data={"source": "ebay.com"})], folded)
    events.append([event(data={"n": number, "t": "=1+1"}) for number in range(1_203)], folded)
    events.append([event("error", data={"message": "no price"}, level=3)], folded)
    series.record([Point("items", (), NOW_MS, 5.0, 5, 1.0, 1.0)])
    database.close()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_events_come_by_the_filters_of_the_history(flask: Run, stored):
    """All pages, newest first, on standard output, and nothing else there."""
    answer = flask("export", "events", "--type", "item_scraped", "--fields", "n,t")

    found = rows(answer.stdout)
    assert answer.exit_code == 0
    assert [row["n"] for row in found] == [str(number) for number in range(1_202, -1, -1)]
    assert {row["t"] for row in found} == {"'=1+1"}
    assert answer.stderr == ""


def test_a_search_finds_what_the_page_finds(flask: Run, stored):
    """Also what no server has indexed so far; a line is the API's object."""
    answer = flask("export", "events", "--format", "jsonl", "--q", '"no price"', "--source", "ebay.com")

    (line,) = answer.stdout.splitlines()
    assert json.loads(line)["data"] == {"message": "no price"}


def test_jobs_figures_and_alerts_are_exported_too(flask: Run, stored):
    """Each with its own filters; what has nothing is a head and no row."""
    jobs = rows(flask("export", "jobs", "--source", "ebay.com").stdout)
    figures = rows(
        flask("export", "metrics", "--name", "items", "--from", str(NOW_MS - 1), "--to", str(NOW_MS + 1)).stdout
    )
    alerts = flask("export", "alerts", "--state", "firing")

    assert [(job["id"], job["items"]) for job in jobs] == [("123", "1203")]
    assert [float(row["value"]) for row in figures if row["value"]] == [5.0]
    assert (alerts.exit_code, rows(alerts.stdout)) == (0, [])
    assert alerts.stdout.startswith("id,rule,severity,state")


def test_the_audit_log_is_exported_too(flask: Run, sqlite_url: str):
    """With its own filters, wherever events are kept; that it was exported stands there as well."""
    flask("user", "invite", "ann")
    flask("token", "create", "shop")

    found = rows(flask("export", "audit", "--kind", "user").stdout)
    again = [json.loads(line) for line in flask("export", "audit", "--format", "jsonl").stdout.splitlines()]

    assert [row["action"] for row in found] == ["user.invite", "user.create"]
    told = ["export.end", "export.begin", "token.create", "user.invite", "user.create"]
    assert [line["action"] for line in again][-5:] == told
    assert flask("export", "audit", "--action", "none").exit_code == 2


def test_a_file_is_there_when_it_is_whole(flask: Run, stored, tmp_path):
    """With a word on standard error, and no part is left beside it."""
    file = tmp_path / "out" / "events.jsonl"
    file.parent.mkdir()

    answer = flask("export", "events", "--format", "jsonl", "-o", str(file))

    assert (answer.exit_code, answer.stdout) == (0, "")
    assert answer.stderr == f"1205 rows are in {file}.\n"
    assert len(file.read_text().splitlines()) == 1_205
    assert list(file.parent.iterdir()) == [file]


def test_the_file_s_ending_says_the_format(flask: Run, stored, tmp_path):
    """Where none is asked for; another ending is CSV."""
    first = {}
    for name in ("a.jsonl", "b.CSV", "c.txt"):
        assert flask("export", "jobs", "-o", str(tmp_path / name)).exit_code == 0
        first[name] = (tmp_path / name).read_text()[:3]

    assert first == {"a.jsonl": '{"i', "b.CSV": "id,", "c.txt": "id,"}
    asked = flask("export", "jobs", "--format", "jsonl", "-o", str(tmp_path / "d.txt"))
    assert (asked.exit_code, (tmp_path / "d.txt").read_text()[:1]) == (0, "{")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("export", "jobs", "--format", "csv", "-o", "x.jsonl"), 2, "--format csv does not go with x.jsonl"),
        (("export", "events", "--type", "none"), 2, "--type must be one of"),
        (("export", "metrics"), 2, "--name is required"),
        (("export", "events", "--none", "x"), 2, "No such option"),
        (("export", "events", "-o", "/none/at/all.csv"), 1, "can't be written"),
    ],
)
def test_what_is_wrong_is_said_by_the_exit_code(flask: Run, stored, words, code, said):
    """2 for what was typed, 1 for what went wrong; a sentence on standard error and nothing on standard output."""
    answer = flask(*words)

    assert (answer.exit_code, answer.stdout) == (code, "")
    assert said in answer.stderr


def test_a_database_without_the_tables_is_told(flask: Run):
    """And how they are made."""
    answer = flask("export", "jobs")

    assert answer.exit_code == 1
    assert "db upgrade" in answer.stderr


def test_what_only_a_server_s_memory_holds_can_t_be_had(settings: Settings):
    """Rather than an empty file."""
    flask = create_cli(replace(settings, storage_url="memory:")).cli
    answer = CliRunner().invoke(flask, ["export", "events"])

    assert answer.exit_code == 1
    assert "STORAGE_URL is memory" in answer.stderr


def test_the_bar_moves_to_its_end(capsys, monkeypatch):
    """By what is left to look through, whatever the number of rows."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    bar = _Bar()
    bar.show(0, None)
    for rows_, left in ((100, 900), (150, 500), (180, 0)):
        bar.show(rows_, left)
    bar.end()

    assert "100%" in capsys.readouterr().err
