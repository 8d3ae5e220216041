"""Where this process's exports and answers about series come from."""

from app.exports.tables import Sources
from app.services import Services


def sources_of(services: Services) -> Sources:
    """The stores, and what is known of the present."""
    return Sources(
        clock=services.clock,
        events=services.events,
        search=services.search,
        reader=services.reader,
        incidents=services.alerts.incidents,
        rate=services.figures.job_rate,
    )
