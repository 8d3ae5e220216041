"""Macros that are called once and filled in many times."""

from typing import Any

import pytest
from jinja2 import Environment
from markupsafe import Markup

from app.dashboard.forms import Form

HOSTILE = "<script>\"'&\0{{ 1 }}"
ENVIRONMENT = Environment(autoescape=True)
TEMPLATE: Any = ENVIRONMENT.from_string(
    '{% macro of(row) %}<a title="{{ row.title }}">{{ row.name }}</a>{{ row.rest }} {{ row.name }}{% endmacro %}'
).module
MACRO = TEMPLATE.of


@pytest.mark.parametrize("text", ["plain", "", HOSTILE, "\0", Markup("<b>bold</b>")])
def test_a_form_writes_what_its_macro_would(text: str):
    """Escaped all the same; only markup stays as it is."""
    texts = {"title": text, "name": HOSTILE, "rest": Markup("<i>"), "unused": "x"}
    assert Form(MACRO).filled(texts) == MACRO(texts)
    assert Form(MACRO).names == ("title", "name", "rest", "name")


@pytest.mark.parametrize(
    "macro", ["{% if row.x %}x{% endif %}", "{{ row.x|upper }}", "{{ row.x > 1 }}", "{{ row.x ~ 1 }}"]
)
def test_a_macro_that_decides_by_a_text_is_refused(macro: str):
    """It would write the same row for all."""
    module: Any = ENVIRONMENT.from_string("{% macro of(row) %}" + macro + "{% endmacro %}").module
    with pytest.raises(TypeError, match="decides by x"):
        Form(module.of)


def test_a_text_that_is_missing_is_named():
    """Rather than left out."""
    with pytest.raises(KeyError, match="rest"):
        Form(MACRO).filled({"title": "", "name": ""})
