"""The documentation says what the code does."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from config import Settings
from docs import build
from tests.house import tree


@pytest.mark.parametrize("name", build.PAGES)
def test_a_printed_page_is_current(name: str):
    """`make docs` would change nothing."""
    assert (build.FOLDER / name).read_text(encoding="utf-8") == build.PAGES[name]()


def test_every_setting_is_documented():
    """A setting that nobody can find is none."""
    page = tree.text(Path("docs/settings.md"))

    assert [row.name for row in fields(Settings) if f"`{row.name.upper()}`" not in page] == []


def test_every_make_target_is_explained():
    """`make help` prints every target that a person may call."""
    makefile = tree.text(Path("Makefile"))
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)

    assert set(" ".join(phony).split()) == set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))


def test_links_between_pages_lead_somewhere():
    """Every relative link names a file of the repository."""
    links = [
        (page, target)
        for page in tree.with_suffix(".md")
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", tree.text(page))
    ]

    assert [(page, target) for page, target in links if not (tree.ROOT / page.parent / target).exists()] == []


def test_the_server_is_told_every_module_of_the_client():
    """The contract that keeps the client out of the server lists all of it but the catalogue."""
    contracts = tomllib.loads(tree.text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    listed = next(contract for contract in contracts if contract.get("source_modules") == ["app"])["forbidden_modules"]
    modules = {f"scrapewatch.{path.stem}" for path in (tree.ROOT / "scrapewatch").glob("*.py")}

    assert set(listed) == modules - {"scrapewatch.__init__", "scrapewatch.events"}
