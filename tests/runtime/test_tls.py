"""TLS that the server speaks itself, by the Procfile's own line, in both modes."""

import resource
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import pytest

from app.runtime.tls import Pair, Tls, Unusable
from scrapewatch.link import Link, LinkDown
from scrapewatch.post import Post
from tests.certificates import Authority, authority
from tests.server import ROOT, DidNotStart, Server, path, procfile, running
from tests.sockets import PATIENCE_S, Viewer, connected

NAME = "127.0.0.1"
SILENT = 40
HALF_A_HELLO = bytes.fromhex("16030100c8010000c40303")
SCRAPER = """
from scrapewatch import Emitter
with Emitter().job("tls") as job:
    job.item({"title": "by TLS"})
"""


@pytest.fixture
def signed(tmp_path: Path) -> Authority:
    """Signs certificates into the test's own folder."""
    return authority(tmp_path)


@pytest.fixture
def secure(
    environment: dict[str, str], sqlite_url: str, async_mode: str, signed: Authority, tmp_path: Path
) -> Iterator[Server]:
    """The server by its Procfile line, with a certificate for its address."""
    certificate, key = map(str, signed.pair(NAME))
    given = {"HOST": NAME, "ASYNC_MODE": async_mode, "TLS_CERT_FILE": certificate, "TLS_KEY_FILE": key}
    with running(environment | given, tmp_path / "log", command=procfile("web"), trust=signed.file) as started:
        yield started


def until(condition: Callable[[], object]) -> None:
    """It comes about before long."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def serial(server: Server) -> str:
    """Of the certificate that the next connection is shown."""
    assert server.trust
    with server.trust.wrap_socket(socket.create_connection((NAME, server.port)), server_hostname=NAME) as line:
        found = line.getpeercert()
    assert found
    return str(found["serialNumber"])


@pytest.mark.statement(13, 29)
def test_scrapers_viewers_and_pages_speak_tls(secure: Server, signed: Authority, monkeypatch: pytest.MonkeyPatch):
    """An item of the client package, which says whom it does not trust, is seen live; plain HTTP is nothing."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    for unsure in (Link(secure.address, "", "", print).open, partial(Post(f"{secure.address}/", "").call, "[]")):
        with pytest.raises(LinkDown, match=r"certificate is not trusted: .*SSL_CERT_FILE"):
            unsure()

    monkeypatch.setenv("SSL_CERT_FILE", str(signed.file))
    with connected(secure, secure.environment["READ_TOKEN"], "/live") as client:
        viewer = Viewer(client)
        viewer.subscribe(jobId="tls")
        variables = {"SCRAPEWATCH_URL": secure.address, "SCRAPEWATCH_TOKEN": secure.environment["INGEST_TOKEN"]}
        trusting = {"PATH": path(), "SSL_CERT_FILE": str(signed.file), "SCRAPEWATCH_SPOOL_DIR": str(signed.folder)}
        subprocess.run([sys.executable, "-c", SCRAPER], cwd=ROOT, env=variables | trusting, check=True)
        viewer.wait(lambda: viewer.named("item_scraped"))

    with urllib.request.urlopen(f"{secure.address}/login", context=secure.trust) as page:
        cookie, hsts = page.headers["Set-Cookie"], page.headers["Strict-Transport-Security"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "max-age=" in hsts
    with socket.create_connection((NAME, secure.port), PATIENCE_S) as plain, suppress(ConnectionError):
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1" not in plain.recv(1_000)
    assert "Traceback" not in secure.log.read_text()


def test_who_does_not_shake_hands_holds_up_nobody(secure: Server, signed: Authority):
    """Beside many who say nothing, half a word, or what is no TLS, others are served, soon by a renewed certificate."""
    before = serial(secure)
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection((NAME, secure.port))) for _ in range(SILENT)]
        for line in silent[::2]:
            line.sendall(HALF_A_HELLO)
        for _ in range(SILENT):
            with socket.create_connection((NAME, secure.port)) as rude:
                rude.sendall(b"no TLS at all\r\n\r\n")
        signed.pair(NAME)
        until(lambda: serial(secure) != before)
        for line in silent:
            line.settimeout(PATIENCE_S)
            with suppress(ConnectionError):
                while line.recv(1_000):
                    pass
    assert secure.request("/healthz")[0] == 200
    assert "Traceback" not in secure.log.read_text()


def test_what_can_t_be_used_ends_nothing(signed: Authority, caplog: pytest.LogCaptureFixture):
    """Of files that do not belong together yet nothing is taken; what is served stays."""
    pair = Pair(*signed.pair(NAME))
    tls = Tls(pair)
    before, key = tls.context, pair.key.read_bytes()
    pair.key.write_text("half a key")
    tls.look()
    assert tls.context is before
    assert "The certificate of before is served" in caplog.text
    pair.key.write_bytes(key)
    tls.look()
    assert tls.context is not before


def test_a_certificate_that_can_t_be_read_yet_is_taken_later(signed: Authority, caplog: pytest.LogCaptureFixture):
    """As when there was no file descriptor left just then; that is told once."""
    tls = Tls(Pair(*signed.pair(NAME)))
    before = tls.context
    signed.pair(NAME)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        tls.look()
        tls.look()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (tls.context is before, caplog.text.count("can't be")) == (True, 1)
    tls.look()
    assert tls.context is not before


def test_old_tls_is_not_spoken(signed: Authority):
    """TLS 1.2 is the least, whatever the machine's own configuration allows."""
    assert Tls(Pair(*signed.pair(NAME))).context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_pair_that_can_t_be_used_is_told_by_its_setting(signed: Authority, tmp_path: Path):
    """Missing, unreadable, of another certificate, with a password, or none at all."""
    certificate, key = signed.pair(NAME)
    _, other = signed.pair("other.example")
    text = tmp_path / "text"
    text.write_text("hello")
    wrong = {}
    for case in (
        (tmp_path / "gone", key),
        (certificate, tmp_path),
        (certificate, other),
        (text, key),
        (certificate, text),
    ):
        with pytest.raises(Unusable) as refused:
            Pair(*case).open_context()
        wrong[case] = str(refused.value).partition(":")[0]

    assert list(wrong.values()) == ["TLS_CERT_FILE", "TLS_KEY_FILE", "TLS_KEY_FILE", "TLS_CERT_FILE", "TLS_KEY_FILE"]


def test_the_start_ends_with_what_is_wrong(environment: dict[str, str], signed: Authority, tmp_path: Path):
    """In one line, before anything is opened."""
    (certificate, _), (_, other) = signed.pair(NAME), signed.pair("other.example")
    given = environment | {"TLS_CERT_FILE": str(certificate), "TLS_KEY_FILE": str(other)}

    with pytest.raises(DidNotStart, match=r"^TLS_KEY_FILE: not the key of CN=127\.0\.0\.1\n$"):
        Server(given, tmp_path / "log").start()


def test_a_key_that_others_may_read_is_told(signed: Authority, caplog: pytest.LogCaptureFixture):
    """It is served all the same: who set it may have reasons."""
    pair = Pair(*signed.pair(NAME))
    Tls(pair)
    assert not caplog.records
    pair.key.chmod(0o644)
    Tls(pair)
    assert "TLS_KEY_FILE: anybody on this machine may use" in caplog.text
