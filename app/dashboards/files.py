"""Dashboards from files: those that come along with the product, and those of DASHBOARDS_DIR.

Each file holds one dashboard, as it is exported, and is known by the file's name. They can't be changed here, but
cloned. A file that can't be used is told in the log and left out; the others are there.
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.core.errors import InvalidInput
from app.core.shape import a_name, decode
from app.dashboards.config import LONGEST_NAME, parse
from app.storage.base_dashboards import Dashboard

log = logging.getLogger(__name__)

SHIPPED: Final = Path(__file__).parent / "shipped"
_ID: Final = re.compile(r"[a-z0-9_-]*[a-z_-][a-z0-9_-]*", re.ASCII)
"""Not of digits alone: such are the ids of the store."""


def shipped() -> list[Dashboard]:
    """Those that come along; one that can't be used is an error of ours."""
    return [read(file, "shipped") for file in sorted(SHIPPED.glob("*.json"))]


def provided(folder: Path | None) -> list[Dashboard]:
    """Those that come along and those of `folder`, which win where both have a name or an id."""
    ours = [] if folder is None else _usable(folder)
    taken = {one.id for one in ours} | {one.name for one in ours}
    return [*ours, *(one for one in shipped() if one.id not in taken and one.name not in taken)]


def read(file: Path, origin: str) -> Dashboard:
    """The dashboard in a file.

    Raises:
        InvalidInput: naming the field that can't be used.
        OSError: the file can't be read.
    """
    if not _ID.fullmatch(file.stem):
        raise InvalidInput("must be of a-z, 0-9, _ and -, and not of digits alone", field="the file's name")
    config = decode(file.read_bytes())
    parse(config)
    name = a_name(config.get("name", file.stem), "name", LONGEST_NAME)
    return Dashboard(id=file.stem, name=name, config=without_names(config), origin=origin)


def without_names(config: Mapping[str, object]) -> dict[str, object]:
    """The configuration as it is kept: the id and the name have columns of their own."""
    return {field: value for field, value in config.items() if field not in {"id", "name"}}


def _usable(folder: Path) -> list[Dashboard]:
    found: dict[str, Dashboard] = {}
    if not folder.is_dir():
        log.error("DASHBOARDS_DIR: %s is no folder", folder)
    for file in sorted(folder.glob("*.json")):
        try:
            one = read(file, "file")
        except InvalidInput as error:
            log.error("The dashboard %s is left out: %s %s", file, error.field or "it", error.detail)  # noqa: TRY400
        except OSError as error:
            log.error("The dashboard %s is left out: %s", file, error)  # noqa: TRY400
        else:
            if one.name in found:
                log.error("The dashboard %s is left out: %s has its name", file, found[one.name].id)
                continue
            found[one.name] = one
    return list(found.values())
