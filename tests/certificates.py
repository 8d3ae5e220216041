"""A certificate authority of the tests' own, and the certificates that it signs."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Authority:
    """A certificate authority of the test's own."""

    file: Path
    folder: Path
    _key: Any
    _certificate: Any

    def context(self, name: str, *, days: int = 1) -> ssl.SSLContext:
        """The TLS of a server called `name`; expired when `days` is negative."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.pair(name, days=days))
        return context

    def pair(self, name: str, *, days: int = 1) -> tuple[Path, Path]:
        """The files of such a certificate and of its key, new ones each time."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(name, key, self._certificate.subject, self._key, days)
        files = self.folder / f"{name}.{days}.crt", self.folder / f"{name}.{days}.key"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for file, content in zip(files, (certificate.public_bytes(serialization.Encoding.PEM), secret), strict=True):
            file.touch(0o600)
            file.write_bytes(content)
        return files


def authority(folder: Path) -> Authority:
    """A new one; whoever trusts its file trusts its servers."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the tests' own authority")])
    certificate = _signed("", key, subject, key, 1)
    file = folder / "authority.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(file, folder, key, certificate)


def _signed(name: str, key: Any, issuer: x509.Name, issuing: Any, days: int) -> x509.Certificate:
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) if name else issuer
    begin, end = sorted((now + timedelta(days=days), now - timedelta(minutes=5)))
    begin = min(begin, now - timedelta(days=2)) if days < 0 else begin
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(now - timedelta(days=1) if days < 0 else end)
        .add_extension(x509.BasicConstraints(ca=not name, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False)
    )
    if name:
        known = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        builder = builder.add_extension(x509.SubjectAlternativeName([known]), critical=False)
    else:
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuing, hashes.SHA256())
