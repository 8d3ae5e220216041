"""Why something is not told, in words."""

import pytest

from app.dashboard.quiet import reply, why
from tests.dashboard.conftest import House


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ("silence 12: the shop: moves\ntoday", "Silence 12: “the shop: moves\ntoday”"),
        ("inhibited by telemetry_lost", "The rule “telemetry_lost” fires"),
        ("acknowledged by ana", "ana looks after it"),
        ("cooldown", "The last notice of it is more recent than the rule allows"),
        ("sendResolved is false", "The rule does not tell ends"),
        ("something new", "something new"),
        ("", ""),
    ],
)
def test_a_reason_is_a_sentence(noted: str, said: str):
    """One without words stays as it is; a name with a sign of gettext's own in it does no harm."""
    assert why(noted) == said
    assert why(f"inhibited by %(name)s {noted}") == f"The rule “%(name)s {noted}” fires"


def test_a_receiver_s_own_words_stay_as_they_are(house: House):
    """Ours are said in the page's language; a name in them stays."""
    app = house.client.application
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert reply("There is no channel ops.") == "Il n’y a pas de canal ops."
        assert reply("Apprise says no.") == "Apprise says no."
