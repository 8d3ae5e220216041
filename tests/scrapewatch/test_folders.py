"""Whose a folder of spools is: what one sender left is sent by it, under whatever token, and by nobody else."""

import os
import stat
import sys
import time

import pytest

from scrapewatch.client import Emitter
from scrapewatch.folders import Folders
from scrapewatch.spool import Spool
from tests.scrapewatch.stand_in import TOKEN

NOWHERE = "http://127.0.0.1:1"
NEW = "another-token-of-more-than-thirty-two-characters"


@pytest.fixture
def left(killed, stand_in, spool_dir):
    """The folder of the first token, with ten items of job 1 that a killed scraper left in it."""
    folders = Folders(spool_dir, stand_in.url, TOKEN)
    folders.ours.mkdir(parents=True)
    for file in killed(NOWHERE, 10):
        file.rename(folders.ours / file.name)
    return folders.ours


@pytest.fixture
def replaced(stand_in):
    """A scraper with the new token, and an item of its own for job 1."""
    emitter = Emitter(stand_in.url, NEW, flush_interval=5)
    emitter.emit("item_scraped", "1", {"n": 10})
    yield emitter
    emitter.close(1)


def items(stand_in):
    """The numbers that arrived."""
    return [event["data"]["n"] for event in stand_in.events if event["type"] == "item_scraped"]


def test_a_replaced_token_sends_what_the_old_one_left(left, stand_in, spool_dir, replaced):
    """Before the first of its own events, so that the job keeps its order; then the old folder is empty."""
    assert Folders(spool_dir, stand_in.url, TOKEN).claim("one")
    stand_in.senders = {NEW: "one"}
    assert replaced.flush(20)

    assert items(stand_in) == list(range(11))
    assert replaced.ledger.adopted == 11
    assert replaced.close(20)
    assert {file.name for file in left.iterdir()} == {"adopting.lock", "sender"}


def test_whose_a_token_is_comes_from_the_server(emitter_to, left, stand_in, replaced):
    """The first scraper's connection notes it, and so does the next one's, in the same words."""
    first = emitter_to(stand_in.url)
    first.emit("log", "2", {"message": "here"})
    assert first.flush(20)
    assert first.close(20)
    said = (left / "sender").read_text()
    stand_in.senders = {NEW: "one"}
    assert replaced.flush(20)

    assert said == (Folders(left.parent, stand_in.url, NEW).ours / "sender").read_text()


@pytest.mark.parametrize(("elsewhere", "sender"), [(False, "two"), (True, "one")], ids=["sender", "address"])
def test_what_another_has_left_stays(left, stand_in, tmp_path, replaced, elsewhere, sender):
    """Another sender's events are never sent in this one's name, nor what was meant for another server."""
    folders = Folders(tmp_path / "aside", NOWHERE if elsewhere else stand_in.url, TOKEN)
    folders.ours.mkdir(parents=True)
    assert folders.claim(sender)
    (folders.ours / "sender").replace(left / "sender")
    stand_in.senders = {NEW: "one"}
    assert replaced.flush(20)

    assert items(stand_in) == [10]
    assert len(list(left.glob("*.spool"))) == 1


def test_what_nobody_can_claim_is_spoken_of(left, stand_in, replaced, caplog):
    """A token that never reached its server may be anyone's: what it left stays, and in time a line says where."""
    hour_ago = time.time() - 3_700
    for file in left.glob("*.spool"):
        os.utime(file, (hour_ago, hour_ago))
    stand_in.senders = {NEW: "one"}
    assert replaced.flush(20)

    assert items(stand_in) == [10]
    assert len(list(left.glob("*.spool"))) == 1
    assert [str(left) in record.getMessage() for record in caplog.records].count(True) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.statement(46)
def test_a_folder_that_others_can_enter_is_closed(spool_dir):
    """It was there before, made by hand or with a wide umask; what holds it is left as it is."""
    folder = spool_dir / "there"
    folder.mkdir(parents=True)
    for path in (spool_dir, folder):
        path.chmod(0o777)
    spool = Spool(folder, "epoch", 1_000_000)

    assert spool.on_disk
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(spool_dir.stat().st_mode) == 0o777
    spool.close(keep=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links")
def test_a_link_in_place_of_the_folder_is_not_followed(spool_dir, tmp_path, caplog):
    """Whoever set it would choose where events go: they wait in memory, which is said, and the target is untouched."""
    target = tmp_path / "target"
    target.mkdir(mode=0o755)
    spool_dir.mkdir()
    (spool_dir / "link").symlink_to(target)

    assert not Spool(spool_dir / "link", "epoch", 1_000_000).on_disk
    assert not list(target.iterdir())
    assert stat.S_IMODE(target.stat().st_mode) == 0o755
    assert "No spool in" in caplog.text


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(spool_dir, caplog):
    """Its owner could read and forge events: nothing is written there or taken from there, and it is said."""
    folder = spool_dir / "there"
    folder.mkdir(parents=True)
    os.chown(folder, 65_534, -1)

    assert not Spool(folder, "epoch", 1_000_000).on_disk
    assert not list(folder.iterdir())
    assert "belongs to another user" in caplog.text
