"""The living style page has every element, of the macros that pages use, and is there in development alone."""

import re
from dataclasses import replace

import pytest

from app.dashboard.style import icons
from app.dashboard.tokens import PROMISES, colours, tokens
from app.dashboard.wording import SEVERITIES, STATUSES
from config import Settings
from tests.dashboard.conftest import House, enter

PAGE = "/settings/style"


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Behind so many proxies; without one it is development."""
    return replace(settings, trusted_proxies=getattr(request, "param", 0))


@pytest.fixture
def page(house: House) -> str:
    """The page, as an admin sees it."""
    enter(house, "root", "admin")
    return house.page(PAGE)


def test_every_state_and_severity_is_on_it(page: str):
    """Each state as a word and as a badge, with its shape; each severity with its own."""
    for name, word in STATUSES.items():
        for shape in ("status", "badge"):
            assert f'<span class="{shape} {name}" data-status="{name}">' in page
        assert f'#st-{name}"/></svg><span>{word}</span>' in page
    for name, word in SEVERITIES.items():
        assert re.search(rf'<span class="badge {name}"><svg[^>]*><use[^>]*/></svg>{word}</span>', page)


def test_an_end_in_doubt_is_on_it(page: str):
    """As two times and a hatched part, and as one after which nobody can tell."""
    assert re.search(r'<rect class="maybe" x="\d\d\.\d\d%"', page)
    assert re.search(r"ends <time[^>]*>\d\d:\d\d</time>–<time[^>]*>\d\d:\d\d</time>", page)
    assert re.search(r"ends after <time[^>]*>\d\d:\d\d</time>", page)


def test_every_icon_is_on_it(page: str):
    """With the name by which macros call it."""
    assert len(icons()) > 40
    assert [name for name in icons() if f'#{name}"/></svg><code>{name}</code>' not in page] == []


def test_every_token_is_on_it(page: str):
    """Colours, sizes and distances; beside what is to be read, the contrast that was computed."""
    shown = {name for name in tokens() if name in colours() or name.startswith(("text-", "s-"))}

    assert set(re.findall(r"<code>--([\w-]+)[ <]", page)) == shown
    assert {promise.front for promise in PROMISES} == set(re.findall(r'data-contrast="([\w-]+)"', page))


def test_only_admins_see_it(house: House):
    """Others are told that they may not, by the page that tells them everywhere."""
    house.page(PAGE, status=403)
    assert PAGE not in house.page("/settings/status")
    enter(house, "root", "admin")
    assert PAGE in house.page("/settings/status")


@pytest.mark.parametrize("settings", [1], indirect=True)
def test_it_is_there_in_development_alone(house: House):
    """Where others are let in by a proxy, there is no such page, and nothing leads to it."""
    enter(house, "root", "admin")

    house.page(PAGE, status=404)
    assert PAGE not in house.page("/settings/status")
