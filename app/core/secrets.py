"""Secrets that the server makes for itself: one file each in the data folder, readable by its owner alone."""

import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.core.errors import ScrapewatchError
from config import Settings

LEAST_BYTES: Final = 32


def completed(settings: Settings) -> Settings:
    """`settings` with what they leave to the server to make, so that every part knows all secrets from the start.

    Raises:
        ScrapewatchError: see `load_or_create`.
    """
    folder = settings.data_dir
    return replace(
        settings,
        secret_key=settings.secret_key or load_or_create(folder / "secret_key"),
        encryption_keys=settings.encryption_keys or (load_or_create(folder / "encryption_key"),),
        alert_webhook_secret=settings.alert_webhook_secret or load_or_create(folder / "webhook_secret"),
    )


def load_or_create(file: Path) -> str:
    """Read the secret in `file`; make the folder and a random secret of 256 bits if there is none yet.

    Two processes that start at once agree on one secret, and a file cut short by a crash is never seen: it is
    written aside and takes its name only if the name is free.

    Raises:
        ScrapewatchError: the file holds less than 32 bytes, or can't be read or written.
    """
    try:
        if not file.exists():
            _create(file)
        file.chmod(0o600)
        found = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ScrapewatchError(f"The secret in {file} can't be used: {error.strerror}.") from error
    if len(found.encode()) < LEAST_BYTES:
        raise ScrapewatchError(f"The secret in {file} is shorter than {LEAST_BYTES} bytes; remove the file.")
    return found


def _create(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(secrets.token_urlsafe(LEAST_BYTES))
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was first; its secret is ours
    finally:
        draft.unlink()
