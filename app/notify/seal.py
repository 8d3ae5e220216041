"""Secrets at rest: the settings of channels are stored encrypted.

A sealed text says how it was sealed before the first colon, so texts of every kind live side by side while keys or
algorithms change.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.errors import ScrapewatchError
from app.core.said import said

PLAIN: Final = "plain"
FERNET: Final = "fernet"
AES_GCM: Final = "aes-256-gcm"
_NONCE_BYTES: Final = 12
_INFO: Final = b"scrapewatch secrets at rest"


class Seal:
    """Seals with the first key, opens with any.

    Args:
        keys: strings of at least 32 bytes, the newest first.
        algorithm: `FERNET` or `AES_GCM`.
        enabled: whether to encrypt; what is encrypted already can be opened in any case.
    """

    def __init__(self, keys: Sequence[str], algorithm: str, *, enabled: bool) -> None:
        self._keys = [_derived(key) for key in keys]
        self._algorithm = algorithm if enabled else PLAIN

    def seal(self, text: str) -> str:
        """`text` as it may be stored."""
        if self._algorithm == PLAIN:
            return f"{PLAIN}:{text}"
        key, data = self._keys[0], text.encode()
        if self._algorithm == FERNET:
            return f"{FERNET}:{_fernet(key).encrypt(data).decode()}"
        nonce = os.urandom(_NONCE_BYTES)
        return f"{AES_GCM}:{urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, data, None)).decode()}"

    def open(self, sealed: str) -> str:
        """The text that was sealed.

        Raises:
            ScrapewatchError: none of the keys opens it, or it is damaged.
        """
        algorithm, _, text = sealed.partition(":")
        if algorithm == PLAIN:
            return text
        for key in self._keys:
            try:
                return _opened(algorithm, key, text.encode()).decode()
            except (InvalidToken, InvalidTag, ValueError):
                continue
        raise ScrapewatchError(said("None of ENCRYPTION_KEYS opens it: add the key that it was encrypted with."))


def _opened(algorithm: str, key: bytes, text: bytes) -> bytes:
    if algorithm == FERNET:
        return _fernet(key).decrypt(text)
    raw = urlsafe_b64decode(text)
    return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None)


def _fernet(key: bytes) -> Fernet:
    return Fernet(urlsafe_b64encode(key))


def _derived(key: str) -> bytes:
    """32 bytes of a key that may be any string; what is derived here serves nothing else."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(key.encode())
