"""The server's process, from its settings to its end: looks whether it may serve, listens, and serves what is built."""

import logging

from app.core.logs import set_up_logging
from app.core.secrets import completed
from app.factory import WebProcess
from app.runtime.base import Runtime
from app.runtime.listen import open_listener
from app.runtime.tls import open_tls
from app.storage.sql import schema
from app.storage.sql.database import Database
from config import Settings, secret_values

log = logging.getLogger(__name__)


def serve(settings: Settings, runtime: Runtime) -> None:
    """Serve until told to stop.

    Raises:
        ScrapewatchError: the database has not the schema that this code needs, a setting can't be used, or the port is
            taken.
        OSError: the address is not ours.
    """
    settings = completed(settings)
    set_up_logging(settings.log_level, settings.log_format, secret_values(settings))
    tls = open_tls(settings.tls_cert_file, settings.tls_key_file)
    database = Database(settings.database_url, readers=1)
    try:
        schema.require_current(database)
    finally:
        database.close()  # a mode that forks must not carry a connection over
    with open_listener(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        address = f"[{host}]" if ":" in host else host
        log.info("Listening on %s://%s:%s, %s", "https" if tls else "http", address, port, runtime.name)
        connections = settings.websocket_max_connections
        runtime.serve(listener, lambda: WebProcess(settings, runtime).open(), connections=connections, tls=tls)
