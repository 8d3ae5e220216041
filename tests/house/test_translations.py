"""Every text for people goes through gettext, and every language says all of it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from jinja2 import Environment, nodes

from app.dashboard.language import NAMES, SOURCE, path
from app.dashboard.words import sentences
from docs import translations
from tests.house import tree

LANGUAGES = [name for name in NAMES if name != SOURCE]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}|%%")
SAME_EVERYWHERE = {"Scrapewatch", "CSV", "JSON", "PNG", "UTC", "ms", "now"}
"""Names, units, and what is typed as it stands."""
CODE = re.compile(r"(\S*\w[=:]\S+ ?)+|[\w ().]+(\|[\w ().]+)+")
SENTENCE = re.compile(r"\b[A-Z][a-z]+,? [a-z]+")
ATTRIBUTE = re.compile(r"[\"/]|^ (open|data-off)$")
"""What a template writes into a tag from afar: a block that is an attribute's value, a flag that a macro is given."""
HOLE = "\x00"
SAYING = {"InvalidInput", "NotFound", "Conflict", "Forbidden", "Unauthorized", "Misread"}
"""Errors whose sentences pages show."""

extracted = cache(translations.extracted)
written = cache(translations.written)


def texts(forms: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """All forms of what is said, or of what it is in the other language."""
    return (forms or "",) if forms is None or isinstance(forms, str) else tuple(forms)


def said(language: str) -> Iterator[tuple[Message, Message | None]]:
    """Each string of the code with what the language has for it."""
    catalogue: Catalog = written(language)
    for message in extracted():
        if message.id:
            yield message, catalogue.get(message.id, message.context)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_without_a_translation(language: str):
    """Each string of templates, code and shipped dashboards has one that is neither empty nor a guess."""
    missing = [
        f"{message.id!r} in {', '.join(name for name, _ in message.locations)}"
        for message, held in said(language)
        if held is None or held.fuzzy or not all(texts(held.string))
    ]

    assert missing == [], "`make messages` adds their places; then write what they are"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_placeholders(language: str):
    """What is filled in is filled in there, too: every form names what the English one of most names."""
    wrong = [
        message.id
        for message, held in said(language)
        for form in texts(held.string if held else "")
        if set(PLACEHOLDER.findall(form)) != set(PLACEHOLDER.findall(texts(message.id)[-1]))
    ]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_as_make_messages_leaves_it(language: str):
    """In order, without places, and without what nobody says any more: two people's changes seldom meet."""
    assert path(language).read_text(encoding="utf-8") == translations.current(language)


def test_french_is_set_as_french_is():
    """Curved apostrophes, and spaces that do not break before high punctuation, in guillemets and before per cent."""
    wrong = [
        form
        for message, held in said("fr")
        for form in texts(held.string if held else "")
        if re.search(r"'| [:;!?»%]|« |\w(?:[;?»]|!(?!=)|:(?!\w|//))", PLACEHOLDER.sub("x", form))
    ]

    assert wrong == []


def test_scripts_name_words_that_there_are():
    """And no word is handed to them that none says."""
    scripts = "".join(tree.text(name) for name in tree.with_suffix(".js") if "static" in name.parts)
    with_words = set(re.findall(r"\bword\(\s*\"(\w+)\"", scripts))

    assert with_words <= sentences().keys()
    assert [key for key in sentences() if f'"{key}"' not in scripts] == []


def is_said(source: str, expression: str) -> bool:
    """Whether the expression calls `said`, is another error's, or a name that such a call is given there."""
    made = rf"\b{re.escape(expression)}(: Final)? :?= (said|kind\.missing)\("
    return bool(re.search(r"\bsaid\(|\.said$", expression) or re.search(made, source))


def test_an_error_says_what_can_be_translated():
    """Its sentence is a form that stands at the place, `said` elsewhere, or another error's: none is built by hand."""
    wrong = [
        f"{file}: {ast.unparse(call)}"
        for file, call in calls(SAYING)
        if not isinstance(call.args[0], ast.Constant) and not is_said(tree.text(file), ast.unparse(call.args[0]))
    ]

    assert wrong == []


def test_forms_of_tables_are_filled_with_what_is_translated():
    """Whatever says a form by a name has it from `phrase`, so that the catalogue knows it."""
    every = "\n".join(tree.text(file) for file in tree.with_suffix(".py"))
    kept = set(re.findall(r"^(\w+): Final = phrase\(", every, re.MULTILINE))
    named = {
        f"{file}: {ast.unparse(call)}"
        for file, call in calls({"said"})
        if "phrase(" not in tree.text(file) and not isinstance(call.args[0], ast.Constant)
        if ast.unparse(call.args[0]) not in kept
    }

    assert named == {"app/core/errors.py: said(form, **parts)"}


def test_a_template_says_nothing_past_gettext():
    """No word stands between tags or in an attribute that is read out, and no sentence in an expression."""
    sources = [(name, tree.text(name)) for name in tree.with_suffix(".html") if "templates" in name.parts]

    assert [
        (name, text) for name, source in sources for text in Visible.of(source) if not is_same_everywhere(text)
    ] == []
    assert [(name, text) for name, source in sources for text in constants(source) if SENTENCE.search(text)] == []


def test_a_script_says_nothing_past_gettext():
    """Its sentences come from the page: see app/dashboard/words.py."""
    scripts = [
        (name, re.sub(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", "", tree.text(name), flags=re.DOTALL))
        for name in tree.with_suffix(".js")
        if "static" in name.parts
    ]
    said_there = [(name, text) for name, code in scripts for text in re.findall(r"\"[^\"\n]*\"|`[^`]*`", code)]

    assert [(name, text) for name, text in said_there if SENTENCE.match(text[1:])] == []


def calls(names: set[str]) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of one of these in the server's code that is told anything."""
    for file in tree.with_suffix(".py"):
        for call in ast.walk(ast.parse(tree.text(file))) if file.parts[0] == "app" else ():
            if isinstance(call, ast.Call) and call.args and getattr(call.func, "id", "") in names:
                yield file, call


class Visible(HTMLParser):
    """What of a template's own text a person would see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    @classmethod
    def of(cls, source: str) -> list[str]:
        """Its texts; where an expression stands, there is a hole."""
        reader = cls()
        tokens = Environment(extensions=["jinja2.ext.i18n"]).lex(source)
        kept = (text if kind == "data" else HOLE for _, kind, text in tokens if kind in {"data", "variable_end"})
        reader.feed("".join(kept))
        return reader.found

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in {"code", "pre", "kbd", "script"}:
            self.inside.append(tag)
        self.found += [
            text for key, text in attributes if key in {"aria-label", "title", "placeholder", "alt"} and text
        ]

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, text: str) -> None:
        if not self.inside:
            self.found += [line for line in text.splitlines() if not ATTRIBUTE.search(line)]


def constants(source: str) -> list[str]:
    """The texts in a template's expressions but those that gettext is given."""
    tree_of = Environment(extensions=["jinja2.ext.i18n"]).parse(source)
    translated = {
        id(part)
        for call in tree_of.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in {"_", "ngettext", "pgettext"}
        for part in call.find_all(nodes.Const)
    }
    return [
        part.value
        for part in tree_of.find_all(nodes.Const)
        if isinstance(part.value, str) and id(part) not in translated
    ]


def is_same_everywhere(text: str) -> bool:
    """Whether it holds no word but names, units and code."""
    if CODE.fullmatch(text.strip(HOLE + " \n")):
        return True
    return set(re.findall(r"[^\W\d_]{2,}", text)) <= SAME_EVERYWHERE
