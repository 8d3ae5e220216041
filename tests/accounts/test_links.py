"""Links that must be trusted."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from app.accounts import links

KEY = "k" * 32


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs/a%2Fb?status=lost#top", "/jobs/http://shop"])
def test_paths_of_this_site_are_kept(path: str):
    """That is where the login was asked for."""
    assert links.local_path(path) == path


@pytest.mark.parametrize(
    "target",
    [
        "",
        "jobs",
        "//evil",
        "///evil",
        "https://evil",
        "https:evil",
        "/\\evil",
        "\\evil",
        "javascript:alert(1)",
        "/\t/evil",
        "/a\r\nSet-Cookie: b=c",
        "http://[",
    ],
)
@pytest.mark.statement(37)
def test_any_other_target_leads_home(target: str):
    """No login page may send people elsewhere."""
    assert links.local_path(target) == "/"


def opened(link: str, path: str = "", now_ms: int = 0, key: str = KEY) -> bool:
    """Whether `link` opens a path, by default its own."""
    parts = urlsplit(link)
    query = dict(parse_qsl(parts.query))
    return links.is_signed(path or parts.path, query["expires"], query["signature"], key, now_ms=now_ms)


def test_a_signed_path_opens_until_it_expires():
    """To the millisecond."""
    link = links.signed_path("/alerts/5", 1_000, KEY)

    assert opened(link, now_ms=999)
    assert not opened(link, now_ms=1_000)


def test_a_signature_opens_nothing_else():
    """Another path, another expiry or another key has another one."""
    link = links.signed_path("/alerts/5", 1_000, KEY)

    assert not opened(link, path="/alerts/6")
    assert not opened(link.replace("1000", "9000"))
    assert not opened(link, key="x" * 32)
    assert not opened(link[:-2])
