"""What the environment says to the client."""

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
    }
    assert settings.load(environment=environment) == settings.Settings(
        url="https://watch.example",
        token="t",
        reconnect_attempts=3,
        reconnect_delay=100,
        reconnect_backoff=1.5,
        close_timeout=0,
    )


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
