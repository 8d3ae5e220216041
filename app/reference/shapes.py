"""How shapes are written down: JSON Schema (2020-12) in few words, for both documents.

What the server answers is left open for fields of later versions; a `closed` object is one that the server refuses with
a field it does not know.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Schema = dict[str, Any]
Fields = Mapping[str, Schema]

ANYTHING: Final[Schema] = {}
TRUTH: Final[Schema] = {"type": "boolean"}
NUMBER: Final[Schema] = {"type": "number"}
AMOUNT: Final[Schema] = {"type": "number", "minimum": 0}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
RATIO: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
TEXT: Final[Schema] = {"type": "string"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
MS: Final[Schema] = {"type": "number", "minimum": 0, "description": "ms"}
NUMBERS_BY_NAME: Final[Schema] = {"type": "object", "additionalProperties": COUNT}
TEXTS_BY_NAME: Final[Schema] = {"type": "object", "additionalProperties": TEXT}


def ref(name: str) -> Schema:
    """What stands under that name in the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def about(schema: Schema, said: str) -> Schema:
    """The same, with a sentence."""
    return {**schema, "description": said}


def text(least: int = 0, most: int | None = None) -> Schema:
    """Text of so many characters."""
    return {
        "type": "string",
        **({"minLength": least} if least else {}),
        **({} if most is None else {"maxLength": most}),
    }


def whole(low: int, high: int) -> Schema:
    """A whole number within both ends."""
    return {"type": "integer", "minimum": low, "maximum": high}


def number(low: float, high: float) -> Schema:
    """A number within both ends."""
    return {"type": "number", "minimum": low, "maximum": high}


def one_of(words: Iterable[str]) -> Schema:
    """One of the words."""
    return {"type": "string", "enum": list(words)}


def listed(items: Schema, *, least: int = 0, most: int | None = None) -> Schema:
    """A list."""
    ends = {**({"minItems": least} if least else {}), **({} if most is None else {"maxItems": most})}
    return {"type": "array", "items": items, **ends}


def by_name(values: Schema, most: int | None = None) -> Schema:
    """An object whose names are somebody's own."""
    return {"type": "object", "additionalProperties": values, **({} if most is None else {"maxProperties": most})}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    if "type" in schema and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def thing(fields: Fields, optional: Iterable[str] = (), *, closed: bool = False) -> Schema:
    """An object of these fields; those not `optional` are always there."""
    left_out = set(optional)
    required = [name for name in fields if name not in left_out]
    return {
        "type": "object",
        "properties": dict(fields),
        **({"required": required} if required else {}),
        **({"additionalProperties": False} if closed else {}),
    }


def loose(schema: Schema) -> Schema:
    """The same object, whose further fields are kept and given back."""
    return {**schema, "additionalProperties": True}


def page_of(items: Schema) -> Schema:
    """A list as the API answers it."""
    onward = about(maybe(TEXT), "ask for it as `next` to go on; null after the last page")
    return thing({"items": listed(items), "next": onward})
