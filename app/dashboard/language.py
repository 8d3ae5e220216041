"""The language of a page: the one the browser asks for, as far as there is a translation; English otherwise.

Source strings are English and stand in the code and the templates. To add a language, add its folder under
``app/translations``; ``babel.cfg`` says where strings are looked for.
"""

from pathlib import Path
from typing import Final

import flask_babel
from flask import Flask, has_request_context, request

FOLDER: Final = Path(__file__).parent.parent / "translations"
SOURCE: Final = "en"


def languages() -> list[str]:
    """The languages there are: English, and each with a compiled catalogue."""
    return [SOURCE, *sorted(path.parts[-3] for path in FOLDER.glob("*/LC_MESSAGES/messages.mo"))]


def gettext(text: str, **values: object) -> str:
    """`text` in the page's language, ``%(name)s`` filled in; Flask-Babel's own has no types."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, other: str, count: float, /, **values: object) -> str:
    """`one` or `other`, as the page's language has it for `count`; ``%(name)s`` filled in as by `gettext`."""
    return str(flask_babel.ngettext(one, other, int(count), **values))


def install(app: Flask) -> None:
    """Make gettext known to code and templates."""
    known = languages()

    def wanted() -> str:
        return (request.accept_languages.best_match(known) if has_request_context() else None) or SOURCE

    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(FOLDER)
    flask_babel.Babel(app, locale_selector=wanted)
