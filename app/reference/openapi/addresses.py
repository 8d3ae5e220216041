"""The addresses of the application as the document writes them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from flask import Flask
from werkzeug.routing import BaseConverter, Rule
from werkzeug.routing.converters import AnyConverter

from app.accounts.access import mark_of
from app.queries import GREATEST_ID, JobIdConverter, NumberConverter
from app.reference.shapes import Schema, about, text, whole
from scrapewatch.events import MAX_JOB_ID

OF_API: Final = ("/api/v1/", "/export/", "/metrics", "/healthz", "/readyz")
"""Where the addresses begin that are for programs."""
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PLACE: Final = re.compile(r"<(?:[^<>]*:)?(\w+)>")
_SNAKE: Final = re.compile(r"_(\w)")


@dataclass(frozen=True, slots=True)
class Address:
    """A method at an address.

    Attributes:
        mark: the permission it takes, or `access.PUBLIC`; None where the view has no mark.
        places: the parameters of the path.
    """

    method: str
    path: str
    mark: str | None
    places: Mapping[str, Schema]

    @property
    def key(self) -> str:
        """As operations are called."""
        return f"{self.method} {self.path}"


def addresses(app: Flask) -> Iterator[Address]:
    """Every one that programs may use; asked within the application's context."""
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(OF_API):
            continue
        for path, places in _paths(rule):
            for method in _METHODS:
                if method in (rule.methods or ()):
                    yield Address(method, path, mark_of(rule.endpoint), places)


def _paths(rule: Rule) -> Iterator[tuple[str, dict[str, Schema]]]:
    """The address, or one for each of the words that may stand in it."""
    converters: dict[str, BaseConverter] = rule._converters  # noqa: SLF001  (the rule tells them nowhere else)
    chosen = {name: sorted(one.items) for name, one in converters.items() if isinstance(one, AnyConverter)}
    places = {_camel(name): _shape(one) for name, one in converters.items() if name not in chosen}
    for words in product(*chosen.values()):
        fixed = dict(zip(chosen, words, strict=True))
        written = {name: fixed.get(name, f"{{{_camel(name)}}}") for name in converters}
        yield _PLACE.sub(lambda found: written[found[1]], rule.rule), places  # noqa: B023  (it is done by then)


def _shape(converter: BaseConverter) -> Schema:
    if isinstance(converter, NumberConverter):
        return whole(0, GREATEST_ID)
    if isinstance(converter, JobIdConverter):
        return about(text(1, MAX_JOB_ID), "slashes in it may be written as they are or as %2F")
    return text(1)


def _camel(name: str) -> str:
    return _SNAKE.sub(lambda found: found[1].upper(), name)
