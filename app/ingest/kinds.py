"""The fields of an event's data that the catalogue knows, each held to its kind."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from app.core.errors import InvalidInput
from app.ingest.fields import read_time
from scrapewatch.events import MAX_NUMBER, MAX_SAFE_INTEGER, Each, Fields, Kind


def check_known(body: Mapping[str, Any], known: Fields, path: str = "data") -> None:
    """Refuse a field of the catalogue whose value is not of its kind; null counts as absent."""
    for name, kind in known.items():
        value = body.get(name)
        if value is None:
            continue
        if isinstance(kind, Kind):
            if not _KINDS[kind](value):
                raise InvalidInput("must be a %(kind)s", kind=kind, field=f"{path}.{name}")
        elif not isinstance(value, Mapping):
            raise InvalidInput("must be an %(kind)s", kind=Kind.OBJECT, field=f"{path}.{name}")
        else:
            inner = dict.fromkeys(value, kind.fields) if isinstance(kind, Each) else kind
            check_known(value, inner, f"{path}.{name}")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def _amount(value: Any) -> bool:
    return _number(value) and 0 <= value <= 2**63


def _count(value: Any) -> bool:
    return _amount(value) and float(value).is_integer() and value <= MAX_SAFE_INTEGER


def _time(value: Any) -> bool:
    try:
        read_time(value)
    except InvalidInput:
        return False
    return True


def _all(test: Callable[[Any], bool], container: type[dict[str, Any]] | type[list[Any]]) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if not isinstance(value, container):
            return False
        parts: Iterable[Any] = value.values() if isinstance(value, dict) else value
        return all(map(test, parts))

    return check


_KINDS: Final[dict[Kind, Callable[[Any], bool]]] = {
    Kind.TEXT: lambda value: isinstance(value, str),
    Kind.COUNT: _count,
    Kind.AMOUNT: _amount,
    Kind.NUMBER: _number,
    Kind.TRUTH: lambda value: isinstance(value, bool),
    Kind.OBJECT: lambda value: isinstance(value, dict),
    Kind.LIST: lambda value: isinstance(value, list),
    Kind.COUNTS: _all(_amount, dict),
    Kind.NUMBERS: _all(_number, dict),
    Kind.AMOUNTS: _all(_amount, list),
    Kind.TIME: _time,
}
