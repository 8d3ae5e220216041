"""A server's start, as the audit log has it: which settings are other than at the start before.

What was set is kept in a file of the data folder. Of a secret that is a mark of sixteen bits: enough to see that it is
another one, and useless to whoever would guess it.
"""

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from app.accounts.actors import SERVER
from app.accounts.audit import HIDDEN, Audit
from app.accounts.first_start import first_start
from app.accounts.service import Accounts
from config import Settings, shown

log = logging.getLogger(__name__)

FILE: Final = "settings.json"
_MARK_BYTES: Final = 2
_UNSET: Final = ""


def begun(accounts: Accounts, audit: Audit, settings: Settings) -> list[str]:
    """Note what is set otherwise than before, then do what a first start does; see `first_start`."""
    file = settings.data_dir / FILE
    before = _read(file)
    salt = str(before.get("salt") or secrets.token_hex(16))
    values = {row.name.upper(): _kept(row, settings, salt) for row in fields(Settings)}
    now = {"salt": salt, "settings": values}
    if before:
        _note(audit, before["settings"], values)
    if now != before:
        _write(file, now)
    return first_start(accounts, audit, settings)


def _kept(row: Any, settings: Settings, salt: str) -> str | dict[str, str]:
    """A value as it is written; of a secret its mark."""
    text = shown(getattr(settings, row.name))
    if not row.metadata["secret"] or not text:
        return text
    return {"mark": hashlib.sha256(f"{salt}{row.name}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:4]}


def _note(audit: Audit, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    changed = [name for name in (*new, *(name for name in old if name not in new)) if old.get(name) != new.get(name)]
    if changed:
        was, is_now = ({name: _told(some.get(name, _UNSET)) for name in changed} for some in (old, new))
        audit.note(SERVER, "server.start", before=was, after=is_now)


def _told(value: object) -> str:
    return value if isinstance(value, str) else HIDDEN


def _read(file: Path) -> dict[str, Any]:
    """What was kept; nothing where there is none, or none that can be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("The settings of the start before can't be read: %s", error)
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("settings"), dict) else {}


def _write(file: Path, kept: Mapping[str, Any]) -> None:
    """Its owner's alone, and whole or not at all."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            json.dump(kept, out, indent=1)
        draft.replace(file)
    except OSError as error:
        log.warning("The settings of this start can't be kept: %s", error)
