"""Brings the translations up to date with the code: ``python -m docs.translations`` (``make messages``).

What is missing is added without a translation, what nobody says any more goes, and all stands in the order of its
English, without places: two people who add a string each change two lines of the file and no more.
"""

from io import BytesIO
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from app.dashboard.language import FOLDER, NAMES, SOURCE, path

KEYWORDS: Final = {
    **DEFAULT_KEYWORDS,
    **dict.fromkeys(("lazy_gettext", "said", "phrase")),
    **dict.fromkeys(("InvalidInput", "NotFound", "Conflict", "Forbidden")),
    "Metric": (4,),
    **dict.fromkeys(("_own_host", "_any_host"), (3,)),
}
"""Whose first argument is said to people, or the one that is the help of a row of `app.metrics.catalogue`.

See `app.core.said` for what is said outside the pages.
"""

WIDTH: Final = 10_000
"""Of a line: a text is never broken, so that it can be searched for."""

_HEADER: Final = """\
# The pages in this language. `make messages` adds what is missing, in the order of its English.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""


def extracted() -> Catalog:
    """Every string for people in code, templates and shipped dashboards, each with the files that hold it."""
    app = FOLDER.parent
    with (app.parent / "babel.cfg").open(encoding="utf-8") as written:
        methods, options = parse_mapping_cfg(written)  # type: ignore[no-untyped-call]  # Babel gives it no types
    found = Catalog()
    for name, _line, text, comments, context in extract_from_dir(str(app), methods, options, KEYWORDS):
        found.add(text, locations=[(name, 0)], auto_comments=comments, context=context)
    return found


def written(language: str) -> Catalog:
    """The translation into that language as it stands."""
    with path(language).open("rb") as file:
        return read_po(file, locale=language)


def current(language: str) -> str:
    """The translation into that language with all that is said now and nothing else."""
    old = written(language)
    new = Catalog(locale=language)
    for message in extracted():
        if message.id:
            held: Message | None = old.get(message.id, message.context)
            new.add(message.id, held.string if held else None, flags=message.flags, context=message.context)
    body = BytesIO()
    write_po(body, new, width=WIDTH, sort_output=True, omit_header=True)
    return _HEADER.format(language=language, plural=new.plural_forms) + body.getvalue().decode().strip() + "\n"


def main() -> None:
    """Write every translation anew."""
    for language in NAMES:
        if language != SOURCE:
            path(language).write_text(current(language), encoding="utf-8")


if __name__ == "__main__":
    main()
