"""The language of a page: the one that was chosen, or that the browser asks for, as far as there is a translation.

Source strings are English and stand in the code and the templates; a translation is one file,
``app/translations/<language>/LC_MESSAGES/messages.po``, read once as it stands: nothing is compiled beforehand, so that
there is nothing to forget. ``babel.cfg`` says where strings are looked for, and `make messages` brings each file up to
date. To add a language, add its folder and its name to `NAMES`.
"""

from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import flask_babel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, g, has_app_context, has_request_context, request
from flask_babel import format_decimal
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.core.said import Said, begun, figure

FOLDER: Final = Path(__file__).parent.parent / "translations"
SOURCE: Final = "en"
COOKIE: Final = "language"

NAMES: Final = {"en": "English", "fr": "Français"}
"""Each language by its own name, as somebody looks for it who reads no other."""


def gettext(text: str, **values: object) -> str:
    """`text` in the page's language, ``%(name)s`` filled in.

    This and its like are Flask-Babel's with types, and look for the language once a request: a page has hundreds of
    texts.
    """
    said: str = _spoken().ugettext(text)
    return said % values if values else said


def pgettext(context: str, text: str, **values: object) -> str:
    """The same for a text that is said differently where the `context` is another."""
    said: str = _spoken().upgettext(context, text)
    return said % values if values else said


def ngettext(one: str, other: str, count: float, /, **values: object) -> str:
    """`one` or `other`, as the page's language has it for `count`; ``%(name)s`` filled in as by `gettext`."""
    said: str = _spoken().ungettext(one, other, int(count))
    return said % {"num": count, **values}


def told(sentence: str) -> str:
    """What the server says, in the page's language; what is not the server's own stays as it is."""
    if not sentence or not isinstance(sentence, Said):
        return sentence
    text = gettext(sentence.form, **{name: _part(part) for name, part in sentence.parts.items()})
    return begun(text) if sentence.is_begun else text


def _part(part: object) -> object:
    """A part of a sentence by the rules of the page's language; a tiny number as it stands in English."""
    if isinstance(part, float):
        return format_decimal(part, "#,##0.###") if part == 0 or abs(part) >= 0.001 else figure(part)
    return told(part) if isinstance(part, str) else part


def path(language: str) -> Path:
    """Where the translation into that language is written."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


@cache
def translations(language: str) -> Any:
    """What is said in that language for each source string; of the source itself, nothing."""
    if language == SOURCE:
        return Translations()
    with path(language).open("rb") as written:
        catalogue = read_po(written, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class Domain(flask_babel.Domain):
    """Flask-Babel's, with translations as they are written instead of compiled ones."""

    def get_translations(self) -> Any:
        """See Flask-Babel."""
        return _spoken()


class Babel(flask_babel.Babel):
    """Flask-Babel with our `Domain`."""

    domain_instance = Domain()


def chosen() -> str:
    """The language that was chosen, "" if the browser's is to be used."""
    held = request.cookies.get(COOKIE, "")
    return held if held in NAMES else ""


def wanted() -> str:
    """The language of this request."""
    if not has_request_context():
        return SOURCE
    return chosen() or request.accept_languages.best_match(NAMES) or SOURCE


def install(app: Flask) -> None:
    """Make gettext known to code and templates; a translation is read when it is first asked for."""
    Babel(app, locale_selector=wanted)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # made by its extension
        gettext=lambda text: _spoken().ugettext(text),
        ngettext=lambda one, other, count: _spoken().ungettext(one, other, count),
        pgettext=lambda context, text: _spoken().upgettext(context, text),
        npgettext=lambda context, one, other, count: _spoken().unpgettext(context, one, other, count),
        newstyle=True,
    )
    app.jinja_env.globals["_"] = _written


@pass_eval_context
def _written(context: EvalContext, text: str, /, **values: object) -> str:
    """Jinja's own `_`, but for the time: what has no values is made once, as a page has hundreds of texts."""
    if not context.autoescape:
        return gettext(text) % values
    return _marked_up(_spoken(), text) % values if values else _filled(_spoken(), text)


@lru_cache(10_000)
def _marked_up(spoken: Any, text: str) -> Markup:
    return Markup(spoken.ugettext(text))  # noqa: S704  (written by translators, as Jinja takes it)


@lru_cache(10_000)
def _filled(spoken: Any, text: str) -> Markup:
    return _marked_up(spoken, text) % {}


def locale() -> str:
    """The language in which the page writes its numbers, found once a request."""
    if not has_app_context():
        return SOURCE
    found: str | None = g.get("locale")
    if found is None:
        found = g.locale = str(flask_babel.get_locale() or SOURCE)
    return found


def _spoken() -> Any:
    """The translations into the page's language, found once a request."""
    if not has_app_context():
        return translations(SOURCE)
    spoken = g.get("spoken")
    if spoken is None:
        found = flask_babel.get_locale()
        spoken = g.spoken = translations(found.language if found else SOURCE)
    return spoken
