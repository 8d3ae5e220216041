"""Why something is not told, in words."""

import pytest

from app.dashboard.quiet import why


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
