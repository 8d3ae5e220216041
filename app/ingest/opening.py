"""The door for events, as the settings want it."""

from app.core.clock import Clock
from app.core.redaction import Redactor, secrets_in
from app.ingest.check import Checker
from app.ingest.service import Ingest
from app.storage.writer import Writer
from config import DAY_MS, Settings, secret_values


def open_ingest(writer: Writer, settings: Settings, clock: Clock) -> Ingest:
    """Checks by the retention, and takes out secrets, the server's own among them."""
    own = secrets_in(secret_values(settings))
    redactor = Redactor(settings.redact_fields, own, redacts=settings.redact)
    return Ingest(writer, Checker(clock.now_ms, settings.retention_events_days * DAY_MS, redactor), clock)
