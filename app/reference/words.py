"""Shapes in words and rows, as the page of the documents tells them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.reference.shapes import Schema

_REF: Final = "#/components/schemas/"
_DEEPEST: Final = 4
_NAMES: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a sentence about a shape; `shape` is the one that they lead to, if they name one."""

    text: str
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A field, by its path in the object.

    Attributes:
        kind: what it must be.
        is_required: whether it is always there, or must be.
    """

    name: str
    kind: Sequence[Piece]
    is_required: bool
    about: str


def kind(schema: Schema) -> list[Piece]:
    """What a value of that shape is, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return [Piece(name, name)]
    for word in ("anyOf", "oneOf"):
        if word in schema and "type" not in schema:
            return _joined(schema[word])
    if "const" in schema:
        return [Piece(_written(schema["const"]))]
    if "enum" in schema:
        return [Piece(", ".join(map(_written, schema["enum"])))]
    types = schema.get("type", [])
    return _of_types([types] if isinstance(types, str) else types, schema)


def rows(schema: Schema, path: str = "", depth: int = 0) -> Iterator[Row]:
    """The fields of an object, those of the objects within it after them."""
    required = frozenset(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        here = f"{path}{name}"
        yield Row(here, kind(field), name in required, field.get("description", ""))
        if depth < _DEEPEST:
            inner, mark = _inner(field)
            yield from rows(inner, f"{here}{mark}.", depth + 1)


def _inner(field: Schema) -> tuple[Schema, str]:
    """The object that a field is or holds, and how its path goes on."""
    found = field
    if "anyOf" in field:
        found = next((one for one in field["anyOf"] if one.get("properties")), field)
    items = found.get("items")
    if isinstance(items, Mapping) and items.get("properties"):
        return dict(items), "[]"
    values = found.get("additionalProperties")
    if isinstance(values, Mapping) and values.get("properties"):
        return dict(values), ".*"
    return found, ""


def _of_types(types: Sequence[str], schema: Schema) -> list[Piece]:
    if not types:
        return [Piece("anything")]
    found: list[Piece] = []
    for name in types:
        found += [*([Piece(" or ")] if found else []), *_of_type(name, schema)]
    return found


def _of_type(name: str, schema: Schema) -> list[Piece]:
    held = schema.get("additionalProperties")
    if name == "array" and "items" in schema:
        return [Piece(f"list{_ends(schema, 'Items')} of "), *kind(schema["items"])]
    if name == "object" and "properties" not in schema and isinstance(held, Mapping):
        return [Piece("object of "), *kind(dict(held))]
    return [Piece(f"{_NAMES[name]}{_limits(name, schema)}")]


def _limits(name: str, schema: Schema) -> str:
    if name in {"integer", "number"}:
        return _span(schema.get("minimum"), schema.get("maximum"))
    if name != "string":
        return ""
    if schema.get("format") == "date-time":
        return ", RFC 3339"
    return _ends(schema, "Length", " characters")


def _ends(schema: Schema, of: str, unit: str = "") -> str:
    low, high = schema.get(f"min{of}"), schema.get(f"max{of}")
    said = _span(low, high)
    return f"{said}{unit}" if said else ""


def _span(low: Any, high: Any) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f" ≥ {_figure(low)}"
    return f" ≤ {_figure(high)}" if low is None else f" {_figure(low)}–{_figure(high)}"


def _figure(number: float) -> str:
    return f"{number:g}" if abs(number) > 2**53 else f"{number:,}".replace(",", "\u202f")


def _joined(schemas: Sequence[Schema]) -> list[Piece]:
    found: list[Piece] = []
    for schema in schemas:
        found += [*([Piece(" or ")] if found else []), *kind(schema)]
    return found


def _written(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)
