"""What the environment says to the client."""

from pathlib import Path

import pytest

from scrapewatch import settings


def test_settings_come_from_the_environment():
    """Each variable of the contract that has an effect."""
    environment = {
        "SCRAPEWATCH_URL": "https://watch.example",
        "SCRAPEWATCH_TOKEN": "t",
        "SCRAPEWATCH_RECONNECT_ATTEMPTS": "3",
        "SCRAPEWATCH_RECONNECT_DELAY": "100",
        "SCRAPEWATCH_RECONNECT_BACKOFF": "1.5",
        "SCRAPEWATCH_CLOSE_TIMEOUT": "0",
        "SCRAPEWATCH_SPOOL_DIR": "/var/spool/scrapers",
        "SCRAPEWATCH_SPOOL_BYTES": "2000000",
        "SCRAPEWATCH_ITEMS": "count",
    }
    assert settings.load(environment=environment) == settings.Settings(
        url="https://watch.example",
        token="t",
        reconnect_attempts=3,
        reconnect_delay=100,
        reconnect_backoff=1.5,
        close_timeout=0,
        spool_dir=Path("/var/spool/scrapers"),
        spool_bytes=2_000_000,
        items="count",
    )


def test_the_spool_is_in_the_users_cache():
    """Unless a folder is named."""
    found = settings.load(environment={"XDG_CACHE_HOME": "/var/cache/ann"})

    assert found.spool_dir == Path("/var/cache/ann/scrapewatch")
    assert found.spool_bytes == 128 * 1024 * 1024


def test_a_misspelt_choice_is_named(caplog):
    """And every item is sent."""
    assert settings.load(environment={"SCRAPEWATCH_ITEMS": "some"}).items == "all"
    assert "SCRAPEWATCH_ITEMS must be one of all, sample, count" in caplog.text


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "1e99"])
def test_a_malformed_setting_is_named_and_the_default_holds(value, caplog):
    """A scraper does not stop because of a typing error in what watches it."""
    found = settings.load(environment={"SCRAPEWATCH_CLOSE_TIMEOUT": value})

    assert found.close_timeout == 30_000
    assert "SCRAPEWATCH_CLOSE_TIMEOUT" in caplog.text


@pytest.mark.parametrize("url", ["localhost:5000", "ftp://host", "http://", "5000"])
def test_an_address_that_is_none_sends_nothing(url, caplog):
    """It is named in a warning."""
    assert settings.load(url).url == ""
    assert "SCRAPEWATCH_URL" in caplog.text
