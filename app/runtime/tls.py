"""TLS that the server speaks itself, with the certificate and the key of TLS_CERT_FILE and TLS_KEY_FILE.

TLS 1.2 and newer, with the ciphers that Python recommends. Files that are renewed are taken for the connections from
then on, without a restart; open ones stay as they are. Where the new ones can't be used, the old ones stay.
"""

import logging
import ssl
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509

from app.core.errors import ScrapewatchError

log = logging.getLogger(__name__)

LOOK_MS: Final = 5_000
"""How often the files are looked at."""
_CERTIFICATE: Final = "TLS_CERT_FILE"
_KEY: Final = "TLS_KEY_FILE"
_OTHERS: Final = stat.S_IRWXO


class Unusable(ScrapewatchError):
    """A file can't be used; begins with the name of the setting at fault."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two files, in PEM: the certificate with those between it and its authority, and its key without password."""

    certificate: Path
    key: Path

    def expiry(self) -> datetime:
        """When the certificate ends; raises as `open_context`."""
        return self._certificates()[0].not_valid_after_utc

    def covers(self, host: str) -> bool:
        """Whether it is taken for `host`: by its alternative names, where a star stands for one part; raises as above.

        Browsers look at no other name. (`ssl` has no such question any more, other packages want a connection for it.)
        """
        try:
            names = self._certificates()[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return False
        with suppress(ValueError):
            return ip_address(host) in names.get_values_for_type(x509.IPAddress)
        known = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
        return bool(known & {host.lower(), f"*.{host.lower().partition('.')[2]}"})

    def is_exposed(self) -> bool:
        """Whether just anybody on the machine may use the key's file."""
        return bool(self.key.stat().st_mode & _OTHERS)

    def open_context(self) -> ssl.SSLContext:
        """What a server needs.

        Raises:
            Unusable: see there.
        """
        _read(self.key, _KEY)
        name = self._certificates()[0].subject.rfc4514_string()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key, password="")  # never asked for at a terminal
        except (ssl.SSLError, ValueError) as error:
            if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
                raise Unusable("%(setting)s: not the key of %(name)s", setting=_KEY, name=name) from error
            raise Unusable("%(setting)s: %(file)s holds no open key in PEM", setting=_KEY, file=self.key) from error
        return context

    def _certificates(self) -> list[x509.Certificate]:
        content = _read(self.certificate, _CERTIFICATE)
        try:
            return x509.load_pem_x509_certificates(content)
        except ValueError as error:
            no_pem = "%(setting)s: %(file)s holds no certificate in PEM"
            raise Unusable(no_pem, setting=_CERTIFICATE, file=self.certificate) from error

    def state(self) -> tuple[tuple[int, int, int], ...]:
        """Differs when either file is another one, or was written anew."""
        return tuple((it.st_ino, it.st_size, it.st_mtime_ns) for it in (self.certificate.stat(), self.key.stat()))


class Tls:
    """The TLS of one process.

    Attributes:
        certificate: the name of its file.
        context: for the next connection.

    Raises:
        Unusable: the files can't be used.
    """

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self.certificate = str(pair.certificate)
        self._told = ""
        self._state: tuple[tuple[int, int, int], ...] = ()
        with suppress(OSError):  # which the next line tells better
            self._state = pair.state()  # before they are read: what is written meanwhile is noticed
        self.context = pair.open_context()
        if pair.is_exposed():
            log.warning("%s: anybody on this machine may use %s; chmod o= it", _KEY, pair.key)

    def look(self) -> None:
        """Take the files anew if they have changed; reads from the disk."""
        try:
            state = self._pair.state()
            if state == self._state:
                return
            self.context = self._pair.open_context()
            self._state, self._told = state, ""
            log.info("The certificate was taken anew; it holds until %s", f"{self._pair.expiry():%Y-%m-%d %H:%M} UTC")
        except (OSError, Unusable) as error:
            # Not given up: there may just have been no file descriptor left to read it with.
            if str(error) != self._told:
                self._told = str(error)
                log.warning("The certificate of before is served, the new one can't be: %s", error)


def open_tls(certificate: Path | None, key: Path | None) -> Tls | None:
    """That of the two settings, None without them; raises as `Tls`."""
    return Tls(Pair(certificate, key)) if certificate and key else None


def _read(file: Path, setting: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Unusable("%(setting)s: %(file)s: %(why)s", setting=setting, file=file, why=error.strerror) from error
