"""Folders of spools: one for each address and credential, with a note in it whose events they are.

Whose a credential is, only the server can say. Until it has, nobody but a process with that credential touches the
folder; from then on every process of the same sender finds what was left there, whatever credential it has itself, so
that a token can be replaced while events wait. Nothing is ever sent to another server or in another sender's name.
"""

import errno
import logging
import os
import re
import stat
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

from scrapewatch.clock import now_ms
from scrapewatch.leftovers import holds_spools
from scrapewatch.segments import SUFFIX

log = logging.getLogger(__name__)

NOTE: Final = "sender"

_NAME: Final = re.compile("[0-9a-f]{16}")

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

STRANGE_MS: Final = 60 * 60 * 1000
"""Events that wait for so long in a folder that is nobody's are spoken of."""


def folder_for(root: Path, url: str, token: str) -> Path:
    """Where the spools for one address and one credential are."""
    return root / _digest(url, token)[:16]  # as `_NAME`


def make(folder: Path) -> None:
    """Make a folder that this user alone can enter, or close one of its own that others can.

    Raises:
        OSError: it can't be made, or it is another user's, who could read and forge what is put there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":  # what is in a user's profile is private there
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "The folder belongs to another user", str(folder))
        if stat.S_IMODE(found.st_mode) & OTHERS:
            _close_to_others(descriptor, folder)
    finally:
        os.close(descriptor)


def _close_to_others(descriptor: int, folder: Path) -> None:
    try:
        os.fchmod(descriptor, stat.S_IRWXU)
    except OSError as error:  # some mounted disks have one mode for all; that is for whoever mounted it to say
        log.warning("Other users may be able to read the spools in %s: %s", folder, error)


class Folders:
    """Where spools of one sender may be; used by one thread.

    Args:
        root: what contains them all.
        url: address of the server.
        token: credential, or empty.

    Attributes:
        ours: the one for this address and credential.
        owner: what its note says, empty while that is unknown.
    """

    def __init__(self, root: Path, url: str, token: str) -> None:
        self.ours: Final = folder_for(root, url, token)
        self._url = url
        self.owner = _note(self.ours)
        self._spoken_of: set[Path] = set()

    def claim(self, sender: str) -> bool:
        """Note whose the credential is, as the server says; whether that is news."""
        owner = _digest(self._url, sender)
        is_news = owner != self.owner
        self.owner = owner
        if is_news or _note(self.ours) != owner:  # another process may have cleared the folder before we began in it
            self._write(owner)
        return is_news

    def _write(self, owner: str) -> None:
        draft = self.ours / f"{NOTE}.{os.getpid()}"
        try:
            draft.write_text(owner, encoding="ascii")
            draft.replace(self.ours / NOTE)
        except OSError as error:  # another credential would not find what is left here, and say so
            log.debug("Whose the spools in %s are can not be noted: %s", self.ours, error)

    def others(self) -> list[Path]:
        """All further folders of spools beside ours, whosever they are, but for those of other users."""
        beside = self.ours.parent.iterdir() if self.ours.parent.is_dir() else ()
        return [path for path in beside if path != self.ours and _NAME.fullmatch(path.name) and _is_own(path)]

    def adoptable(self) -> list[Path]:
        """Those of this sender, in the same order for all its processes."""
        found = {self.ours}
        for folder in self.ours.parent.iterdir():
            if folder == self.ours or not _is_own(folder):
                continue
            note = _note(folder)
            if note and note == self.owner:
                found |= {folder} if holds_spools(folder) else set()  # an empty one may just be cleared by another
            elif not note:
                self._speak_of(folder)
        return sorted(found)

    def _speak_of(self, folder: Path) -> None:
        """Say, once, that events wait where only one credential may fetch them."""
        if folder in self._spoken_of or not _has_waited(folder):
            return
        self._spoken_of.add(folder)
        log.warning(
            "Events may wait in %s that another credential or address has left before it ever reached its server; "
            "only a scraper with the same ones can send them",
            folder,
        )


def _has_waited(folder: Path) -> bool:
    try:
        changes = [path.stat().st_mtime for path in folder.glob(f"*{SUFFIX}")]
    except OSError:  # somebody is just sending them
        return False
    return bool(changes) and now_ms() - max(changes) * 1000 > STRANGE_MS


def _is_own(folder: Path) -> bool:
    """Whether it is a folder of this user."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == os.geteuid())


def _note(folder: Path) -> str:
    try:
        return (folder / NOTE).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _digest(url: str, whose: str) -> str:
    return sha256(f"{url}\n{whose}".encode()).hexdigest()
