"""What a load balancer asks."""

from werkzeug.test import Client

from app.factory import WebProcess
from app.runtime import open_runtime
from config import Settings


def test_a_process_whose_writer_has_ended_is_not_ready(settings: Settings, sqlite_url: str):
    """It answers, and its database does, but it would take no event."""
    served = WebProcess(settings, open_runtime("threading")).open()
    client = Client(served.app)
    paths = ("/healthz", "/readyz")

    before = [client.get(path, base_url="http://127.0.0.1:5000").status_code for path in paths]
    served.closing()
    after = [client.get(path, base_url="http://127.0.0.1:5000").status_code for path in paths]

    assert (before, after) == ([200, 200], [200, 503])
