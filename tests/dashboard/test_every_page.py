"""No page escapes the tests that open them all."""

from app.accounts.access import DOCUMENTS
from tests.dashboard.conftest import House
from tests.e2e import everywhere

PROGRAMS = ("/api/", "/export/", "/metrics", "/healthz", "/readyz")


def test_every_page_is_opened_in_a_browser(house: House):
    """What answers GET and is not for programs has its addresses in tests/e2e/everywhere.py."""
    rules = house.client.application.url_map.iter_rules()
    pages = (rule for rule in rules if rule.rule.startswith(DOCUMENTS) or not rule.rule.startswith(PROGRAMS))
    shown = {rule.endpoint for rule in pages if "GET" in (rule.methods or ())}

    assert shown - everywhere.NO_PAGES == everywhere.PAGES.keys()
