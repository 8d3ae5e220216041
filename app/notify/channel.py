"""A channel ready to be used, and how it is told to outsiders: without its secrets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from app.core.clock import rfc3339
from app.core.said import said
from app.notify.channels import TYPES
from app.notify.fields import lacking
from app.storage.base_channels import Breakage


@dataclass(slots=True, frozen=True, kw_only=True)
class Channel:
    """A way to tell somebody.

    Attributes:
        id: the store's number as text; its name for one of the environment.
        type: a row of `TYPES`.
        config: its own settings, secrets included.
        defaults: what the environment gives its type.
        origin: `own` or `environment`; only one's own can be changed.
        broken: why it can't be used until somebody mends it.
        sealed: why its settings can't be read; "" when they can.
    """

    id: str
    name: str
    type: str
    config: Mapping[str, Any] = field(repr=False)
    defaults: Mapping[str, Any] = field(default_factory=dict, repr=False)
    origin: str = "own"
    broken: Breakage | None = None
    sealed: str = ""

    @property
    def trouble(self) -> str:
        """Why it can't be used as it is; "" when it can."""
        known = TYPES.get(self.type)
        if self.sealed or known is None:
            return self.sealed or said("There is no type %(type)s.", type=self.type)
        return known.missing() or lacking(known.settings, self.effective)

    @property
    def effective(self) -> dict[str, Any]:
        """All settings, its own first."""
        return {**self.defaults, **self.config}

    @property
    def target(self) -> str:
        """Whom it reaches, as far as everybody may know."""
        config, known = self.effective, TYPES.get(self.type)
        is_told = known and any(one.name == "recipients" and one.required and not one.secret for one in known.settings)
        if is_told and config.get("recipients"):
            return ", ".join(config["recipients"])
        return urlsplit(config.get("webhook", "")).hostname or ""


def channel_json(channel: Channel) -> dict[str, Any]:
    """The channel as outsiders see it; `secrets` names those that are set."""
    secret = _secret_names(channel.type)
    broken = channel.broken
    return {
        "id": channel.id,
        "name": channel.name,
        "type": channel.type,
        "config": {name: value for name, value in channel.config.items() if name not in secret},
        "secrets": sorted(secret & channel.config.keys()),
        "target": channel.target,
        "origin": channel.origin,
        "broken": None if broken is None else {"since": rfc3339(broken.at), "why": broken.why},
        "trouble": str(channel.trouble),
    }


def secrets_of(channel: Channel) -> set[str]:
    """Every text that must not be seen in what a receiver answers: secrets, whole and in their parts."""
    names, config = _secret_names(channel.type), channel.effective
    found: set[str] = set()
    for name in names & config.keys():
        values = config[name] if isinstance(config[name], list) else [config[name]]
        for value in values:
            found.update(_parts(str(value)))
    return found


def _secret_names(type_: str) -> set[str]:
    known = TYPES.get(type_)
    return {setting.name for setting in known.settings if setting.secret} if known else set()


def _parts(secret: str) -> Iterator[str]:
    """A secret and, of an address, its user, its password and what follows the host."""
    yield secret
    if "://" not in secret:
        return
    parts = urlsplit(secret)
    for piece in (parts.username, parts.password):
        if piece:
            yield from (piece, unquote(piece))
    for piece in (parts.path, parts.query):
        if len(piece) > 8:  # a short path, like /api, is no secret
            yield from (piece, unquote(piece))
            yield from (part for part in piece.split("/") if len(part) > 8)
