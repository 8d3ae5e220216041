"""A macro as a form to fill in: it is called once, and what it wrote is repeated with other texts.

A macro costs some tens of µs a call and a µs for each text; a list of many rows of fifty texts is too much of that for
a page that is asked for while thousands of jobs report.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from markupsafe import Markup, escape

_MARK: Final = "\0"
"""No text of a template has it."""


class _Mark:
    """Stands for a text: it can be put down and nothing else, so that a macro that decides by it fails at once."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        self._name = name

    def __html__(self) -> str:
        return f"{_MARK}{self._name}{_MARK}"

    def _decides(self, *_: object) -> Any:
        raise TypeError(f"The macro of a form decides by {self._name}; it may only put it down.")

    __bool__ = __eq__ = __ne__ = __lt__ = __gt__ = __len__ = __iter__ = __str__ = __contains__ = _decides


class _Marks:
    """Stands for a record of texts."""

    def __getattr__(self, name: str) -> _Mark:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Mark(name)


class Form:
    """What a macro of one argument writes.

    Args:
        macro: puts fields of its argument down and decides nothing by them: what may be missing is "" there.
    """

    def __init__(self, macro: Callable[[object], str]) -> None:
        pieces = str(macro(_Marks())).split(_MARK)
        self._pieces = pieces
        self.names: Final = tuple(pieces[1::2])

    def filled(self, texts: Mapping[str, str]) -> Markup:
        """It with these texts; what is no markup is escaped.

        Raises:
            KeyError: a text is missing.
        """
        given = [texts[name] for name in self.names]
        plain = [text for text in given if type(text) is not Markup]
        escaped = str(escape(_MARK.join(plain))).split(_MARK)  # all at once
        if len(escaped) != len(plain):  # a text that has a mark itself
            escaped = [str(escape(text)) for text in plain]
        left = iter(escaped)
        pieces = self._pieces.copy()
        pieces[1::2] = [text if type(text) is Markup else next(left) for text in given]
        return Markup("".join(pieces))  # noqa: S704  (the pieces are the template's own)
