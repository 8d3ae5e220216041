"""Channels, as the rest of the house sees them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from app.core.clock import Clock
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound, ScrapewatchError
from app.notify.channel import Channel
from app.notify.channels import TYPES
from app.notify.channels.base import ChannelType
from app.notify.environment import Environment
from app.notify.fields import checked
from app.notify.seal import Seal
from app.storage.base_channels import Breakage, ChannelStore, StoredChannel

MAX_NAME: Final = 200


class Channels:
    """People's own channels and those of the environment; of the same name, people's own counts."""

    def __init__(self, store: ChannelStore, seal: Seal, environment: Environment, clock: Clock) -> None:
        self._store = store
        self._seal = seal
        self._environment = environment
        self._clock = clock

    def all(self) -> list[Channel]:
        """Every channel, by name."""
        broken = self._store.broken()
        own = [self._own(stored, broken) for stored in self._store.channels()]
        names = {channel.name for channel in own}
        given = [self._given(name, broken) for name in self._environment.channels if name not in names]
        return sorted([*own, *given], key=lambda channel: channel.name)

    def get(self, channel_id: str) -> Channel:
        """One channel by its id.

        Raises:
            NotFound: there is none.
        """
        for channel in self.all():
            if channel.id == channel_id:
                return channel
        raise NotFound("There is no channel %(channel_id)s", channel_id=channel_id)

    def named(self, name: str) -> Channel | None:
        """One channel by its name, or None."""
        return next((channel for channel in self.all() if channel.name == name), None)

    def names(self) -> set[str]:
        """The names of all channels."""
        return {stored.name for stored in self._store.channels()} | self._environment.channels.keys()

    def broken(self) -> list[str]:
        """The names of channels that can't be used until somebody mends them."""
        broken = self._store.broken()
        return sorted(broken.keys() & self.names()) if broken else []

    def insisting(self) -> set[str]:
        """The names of channels that are told of every end, whatever rules say, or for which another stands in that is.

        An end is written for each of them; who hears of it is settled when it is sent.
        """
        configs = {channel.name: channel.config for channel in self.all()}
        return {
            name for name in configs if any(configs[one].get("sendResolved") is True for one in _chain(name, configs))
        }

    def defaults(self, type_: str) -> set[str]:
        """The settings that the environment gives channels of that type."""
        return set(self._environment.defaults.get(type_, {}))

    def create(self, body: object) -> Channel:
        """A new channel.

        Raises:
            InvalidInput: a field can't be what it is; names it.
            Conflict: the name is taken.
        """
        stored = self._checked(body, None)
        added = None if self._is_given(stored.name) else self._store.add(stored)
        if added is None:
            raise Conflict("There is a channel %(name)r already", name=stored.name)
        return self.get(str(added.id))

    def change(self, channel_id: str, body: object) -> Channel:
        """Replace a channel; secrets that are not given stay as they are, null or "" removes them.

        Raises:
            NotFound, Forbidden: there is none, or it is the environment's.
            InvalidInput, Conflict: as of `create`.
        """
        found = self._changeable(channel_id)
        stored = self._checked(body, found)
        if stored.name != found.name and self._is_given(stored.name):
            raise Conflict("There is a channel %(name)r already", name=stored.name)
        if not self._store.change(replace(stored, id=int(channel_id))):
            raise NotFound("There is no channel %(channel_id)s", channel_id=channel_id)
        return self.get(channel_id)

    def delete(self, channel_id: str) -> None:
        """Forget a channel; notices to it wait until there is another of its name, or fail.

        Raises:
            NotFound, Forbidden: there is none, or it is the environment's.
        """
        self._store.delete(int(self._changeable(channel_id).id))

    def mark(self, channel: Channel, why: str) -> None:
        """Say why `channel` is broken, or that it is whole: ""."""
        if why or channel.broken:
            self._store.mark(channel.name, Breakage(at=self._clock.now_ms(), why=why) if why else None)

    def rotate(self) -> tuple[int, int]:
        """Seal all secrets with the newest key; returns how many channels, and how many can't be read."""
        sealed, lost = {}, 0
        for stored in self._store.channels():
            try:
                sealed[stored.id] = (stored.sealed, self._seal.seal(self._seal.open(stored.sealed)))
            except ScrapewatchError:
                lost += 1
        return self._store.seal_anew(sealed), lost

    def _own(self, stored: StoredChannel, broken: Mapping[str, Breakage]) -> Channel:
        unreadable: str = ""
        config: dict[str, Any] = {}
        try:
            config = msgspec.json.decode(self._seal.open(stored.sealed))
        except ScrapewatchError as error:
            unreadable = error.said
        except msgspec.DecodeError as error:
            unreadable = str(error)
        return Channel(
            id=str(stored.id),
            name=stored.name,
            type=stored.type,
            config=config,
            defaults=self._environment.defaults.get(stored.type, {}),
            broken=broken.get(stored.name),
            sealed=unreadable,
        )

    def _given(self, name: str, broken: Mapping[str, Breakage]) -> Channel:
        return Channel(
            id=name,
            name=name,
            type=name,
            config=self._environment.channels[name],
            defaults=self._environment.defaults.get(name, {}),
            origin="environment",
            broken=broken.get(name),
        )

    def _is_given(self, name: str) -> bool:
        return name in self._environment.channels

    def _changeable(self, channel_id: str) -> Channel:
        found = self.get(channel_id)
        if found.origin != "own":
            raise Forbidden("The channel %(name)s comes from the environment; change it there.", name=found.name)
        return found

    def _checked(self, body: object, old: Channel | None) -> StoredChannel:
        if not isinstance(body, Mapping):
            raise InvalidInput("a channel must be an object")
        name = body.get("name", old.name if old else None)
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise InvalidInput("name must be printable text of 1 to %(most)s characters", most=MAX_NAME, field="name")
        kind = TYPES.get(str(body.get("type", old.type if old else None)))
        if kind is None:
            raise InvalidInput("type must be one of %(known)s", known=", ".join(TYPES), field="type")
        given = body.get("config", {})
        if not isinstance(given, Mapping):
            raise InvalidInput("config must be an object", field="config")
        kept = _kept(kind, old) if old and old.type == kind.name else {}
        config = self._valid(kind, {**kept, **given})
        if config.get("fallback") == name:
            raise InvalidInput("config.fallback must be another channel", field="config.fallback")
        return StoredChannel(name=name, type=kind.name, sealed=self._seal.seal(msgspec.json.encode(config).decode()))

    def _valid(self, kind: ChannelType, given: Mapping[Any, Any]) -> dict[str, Any]:
        """The channel's own settings, right together with what the environment gives its type."""
        if trouble := kind.missing():
            raise InvalidInput(trouble, field="type")
        own = {str(name): value for name, value in given.items() if value not in (None, "", [])}
        config = checked(kind.settings, {**self._environment.defaults.get(kind.name, {}), **own})
        kind.check(config)
        return {name: config[name] for name in own}


def _chain(name: str, configs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The channel and those that stand in for it, one after the other, as far as they exist."""
    found: list[str] = []
    while name in configs and name not in found:
        found.append(name)
        name = configs[name].get("fallback", "")
    return found


def _kept(kind: ChannelType, old: Channel) -> dict[str, Any]:
    """The secrets that a channel has: a form can't send back what it was not shown."""
    return {one.name: old.config[one.name] for one in kind.settings if one.secret and one.name in old.config}
