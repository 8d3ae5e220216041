"""Static files: addresses that change with the content, caching, and what a page weighs."""

import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from app.dashboard import assets

STATIC = assets.FOLDER
TEMPLATES = STATIC.parent / "templates"
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
HASH = re.compile(r"\?v=[0-9a-f]{10}")
PAGES = sorted(TEMPLATES.rglob("*.html"))


def test_an_address_changes_with_the_content():
    """A browser may keep the file for a year, since another content has another address."""
    digest = hashlib.sha256((STATIC / "icons.svg").read_bytes()).hexdigest()

    assert assets.static_url("icons.svg") == f"/static/icons.svg?v={digest[:10]}"


@pytest.mark.parametrize(
    "name",
    [
        "../assets.py",
        "css",
        "none.css",
        "/etc/hostname",
        "./icons.svg",
        "css/../icons.svg",
        "css//base.css",
        "icons.svg/",
    ],
)
def test_only_files_of_the_folder_are_served(name):
    """A path can't climb out of the folder, nor name the folder itself, and a file has one name: each is kept."""
    assert assets.asset(name) is None


@pytest.mark.parametrize("path", [*SCRIPTS, *sorted((STATIC / "css").glob("*.css"))], ids=lambda path: path.name)
def test_comments_stay_behind(path):
    """Each line is sent as it is, and at its place, or was part of a comment that had its lines to itself."""
    written = path.read_text().split("\n")
    found = assets.asset(str(path.relative_to(STATIC)))
    assert found
    sent = HASH.sub("", found.body.decode()).split("\n")
    left = "\n".join(line for line, kept in zip(written, sent, strict=True) if line != kept)

    assert all(kept in {line, ""} for line, kept in zip(written, sent, strict=True))
    assert re.fullmatch(r"(\s*(//[^\n]*|/\*((?!\*/).)*\*/))*\s*", left, re.DOTALL)
    assert path.suffix == ".css" or not any("`" in line and line.count("`") % 2 for line in written)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_one_address_and_is_asked_for_once(path):
    """Whoever imports it does so by the address at which a browser keeps it for a year, and a page names it early."""
    script = assets.asset(f"js/{path.name}")
    assert script
    named = assets.module(path.stem)
    imported = re.findall(r'(?:from |^import )"\./([^"?]+)(\?v=[^"]+)?"', script.body.decode(), re.MULTILINE)

    assert all(assets.static_url(f"js/{name}") == f"/static/js/{name}{version}" for name, version in imported)
    assert all(f'<link rel="modulepreload" href="/static/js/{name}{version}">' in named for name, version in imported)
    assert len(re.findall("<link", named)) == len(set(script.imports))


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.svg")), ids=lambda path: path.name)
def test_a_drawing_is_well_formed(path):
    """A browser shows nothing at all of a file with one wrong character."""
    assert ET.fromstring(path.read_text()).tag.endswith("svg")


@pytest.mark.parametrize("path", [*PAGES, *SCRIPTS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_symbol_is_in_the_sprite(path):
    """An icon that is asked for by name exists."""
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    named = set(re.findall(r'parts\.icon\("([a-z0-9-]+)"|[^.]\bicon\("([a-z0-9-]+)"\)', path.read_text()))

    assert {name for pair in named for name in pair if name} - symbols == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
@pytest.mark.statement(34)
def test_a_page_holds_no_style_and_no_script(path):
    """The policy forbids both; what scripts need stands in JSON blocks."""
    text = path.read_text()

    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", text)
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
@pytest.mark.statement(31)
def test_a_script_never_writes_markup(path):
    """What a server or a scraper says is set as text."""
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", path.read_text()
    )


def test_every_sentence_of_the_scripts_is_theirs():
    """No script asks for a sentence that the page does not carry, and none is carried in vain."""
    text = "".join(path.read_text() for path in SCRIPTS)
    asked = set(re.findall(r'word\(\s*"(\w+)"', text))
    known = set(re.findall(r'"(\w+)": (?:p?gettext|\{"one")', (STATIC.parent / "words.py").read_text()))

    assert asked - known == set()
    assert {key for key in known - {"other"} if f'"{key}"' not in text} == set()


def test_no_token_is_carried_in_vain():
    """Each custom property is read by a rule, by a script or by a figure."""
    sheets = "".join(path.read_text() for path in (STATIC / "css").glob("*.css"))
    code = "".join(path.read_text() for path in [*SCRIPTS, *STATIC.parent.glob("*.py")])
    tokens = set(re.findall(r"(?m)^\s*(--[a-z0-9-]+):", sheets))

    assert {one for one in tokens if f"var({one})" not in sheets and f'"{one}"' not in code} == set()


def loaded(template: str) -> set[Path]:
    """The files that a page asks for at its start: styles, drawings, scripts, and what those import."""
    text = (TEMPLATES / template).read_text() + (TEMPLATES / "frame.html").read_text()
    sheets = {
        word for words in re.findall(r"for sheet in \[([^]]+)\]", text) for word in re.findall(r'"([^"]+)"', words)
    }
    names = re.findall(r"static_url\('(vendor/[^']+)'\)", text)
    names += [f"js/{name}.js" for name in re.findall(r"module\('([^']+)'\)", text)]
    found, waiting = set(STATIC.glob("*.svg")), [STATIC / name for name in names]
    found |= {STATIC / f"css/{sheet}.css" for sheet in sheets}
    while waiting:
        script = waiting.pop().resolve()
        if script not in found:
            found.add(script)
            waiting += [script.parent / name for name in re.findall(r'(?:from|import) "(\.[^"]+)"', script.read_text())]
    return found


@pytest.mark.parametrize(
    ("template", "limit"),
    [
        ("jobs/jobs.html", 56_000),
        ("jobs/tabs/overview.html", 490_000),
        ("jobs/tabs/log.html", 52_500),
        ("jobs/tabs/items.html", 50_000),
        ("overview/overview.html", 490_000),
        ("dashboards/dashboard.html", 490_000),
    ],
)
def test_a_page_stays_light(template, limit):
    """60 KB for a page without charts, 500 KB with, gzipped; the rest of it is the page itself."""
    sent = [assets.asset(str(path.relative_to(STATIC))) for path in loaded(template)]

    assert len(sent) > 15
    assert sum(len(one.packed) if one else limit for one in sent) <= limit
