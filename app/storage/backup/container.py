"""The file of a backup: a ZIP archive that names its own checksum at its end.

It holds the copy of the database, packed by zstandard, and ``manifest.json``. The archive's comment is ``sha256`` and
the hash of all bytes before the hash itself, so that one flipped byte anywhere is found. Any unzip, unzstd and the
database's own programs open it without this code.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NoReturn

import msgspec
import zstandard

from app.core.errors import ScrapewatchError
from app.storage.base_backups import FILE_MODE, Progress

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
WITHOUT: Final = ("ENCRYPTION_KEYS", "SECRET_KEY", "ALERT_WEBHOOK_SECRET")
"""Secrets that are never in a backup; those that a server made for itself are files in DATA_DIR."""

_PIECE: Final = 1 << 20
_LEVEL: Final = 3
_SUM: Final = b"sha256 "
_HEX: Final = hashlib.sha256().digest_size * 2
_MARKS: Final = len(_SUM) + _HEX


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a backup says of itself.

    Attributes:
        made_at: RFC 3339; the moment that it holds is the beginning.
        schema: the migration of the database.
        engine: of the database, and its version.
        file: the copy's name; in the archive it ends in ``.zst``.
        bytes: of the copy, unpacked; `sha256` is of the same.
        counts: rows by table at that moment.
        without: settings whose secrets it does not hold.
    """

    format: int = FORMAT
    product: str = "Scrapewatch"
    version: str
    made_at: str
    engine: str
    engine_version: str
    schema: str
    file: str
    bytes: int = 0
    sha256: str = ""
    counts: Mapping[str, int]
    without: tuple[str, ...] = WITHOUT


def pack(data: Path, manifest: Manifest, to: Path, progress: Progress) -> Manifest:
    """Write the backup of the copy `data` to the new file `to`, all of it on the disk; returns the manifest in it.

    Raises:
        OSError: it can't be written.
    """
    whole = data.stat().st_size
    digest = hashlib.sha256()
    with open(to, "x+b", opener=_private) as out:
        with zipfile.ZipFile(out, "w") as archive:
            packer = zstandard.ZstdCompressor(level=_LEVEL)
            with (
                archive.open(zipfile.ZipInfo(f"{manifest.file}.zst"), "w", force_zip64=True) as member,
                packer.stream_writer(member, closefd=False) as packed,
                data.open("rb") as plain,
            ):
                while piece := plain.read(_PIECE):
                    digest.update(piece)
                    packed.write(piece)
                    progress("pack", plain.tell(), whole)
            manifest = msgspec.structs.replace(manifest, bytes=whole, sha256=digest.hexdigest())
            archive.writestr(zipfile.ZipInfo(MANIFEST), msgspec.json.format(msgspec.json.encode(manifest)))
            archive.comment = _SUM + b"0" * _HEX
        length = out.seek(-_HEX, os.SEEK_END)
        out.seek(0)
        found = _hash(out, length)
        out.seek(length)
        out.write(found.encode())
        out.flush()
        os.fsync(out.fileno())
    return manifest


def read(file: Path) -> Manifest:
    """What the file says of itself, unchecked.

    Raises:
        ScrapewatchError: it is no backup, or one of a later version.
        OSError: it can't be read.
    """
    with _readable(file), zipfile.ZipFile(file) as archive:
        found = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
    if found.format > FORMAT:
        raise ScrapewatchError(f"{file} is of a later version of {found.product} ({found.version}).")
    return found


def unpack(file: Path, to: Path, progress: Progress) -> Manifest:
    """Check every byte of the backup and write its copy of the database to the new file `to`.

    Raises:
        ScrapewatchError: it is damaged, and the message says where; or it is no backup.
        OSError: it can't be read, or there is no room.
    """
    require_whole(file, progress)
    manifest = read(file)
    digest = hashlib.sha256()
    with (
        _readable(file),
        zipfile.ZipFile(file) as archive,
        archive.open(f"{manifest.file}.zst") as member,
        zstandard.ZstdDecompressor().stream_reader(member) as packed,
        open(to, "xb", opener=_private) as plain,
    ):
        while piece := packed.read(_PIECE):
            digest.update(piece)
            plain.write(piece)
            progress("check", plain.tell(), manifest.bytes)
    if digest.hexdigest() != manifest.sha256:
        raise ScrapewatchError(f"{file} does not hold the copy that its manifest names.")
    return manifest


def require_whole(file: Path, progress: Progress) -> None:
    """Do nothing when the file is, byte by byte, what was written.

    Raises:
        ScrapewatchError: it is not.
        OSError: it can't be read.
    """
    size = file.stat().st_size
    with file.open("rb") as whole:
        whole.seek(max(0, size - _MARKS))
        end = whole.read()
        if not end.startswith(_SUM) or len(end) < _MARKS:
            _refuse(file, "its checksum is not at its end")
        whole.seek(0)
        found = _hash(whole, size - _HEX, lambda done: progress("check", done, size))
    expected = end[len(_SUM) :].decode(errors="replace")
    if found != expected:
        _refuse(file, f"its SHA-256 is {found}, at its end stands {expected}; {_damaged_part(file)}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """What libraries say of a file that is no backup, in our words."""
    try:
        yield
    except (zipfile.BadZipFile, KeyError, NotImplementedError, msgspec.MsgspecError, zstandard.ZstdError) as error:
        raise ScrapewatchError(f"{file} is no backup that can be read: {error}.") from error


def _refuse(file: Path, why: str) -> NoReturn:
    raise ScrapewatchError(f"{file} is damaged: {why}.")


def _damaged_part(file: Path) -> str:
    """Where the damage is, by the sums that the archive keeps of its members."""
    try:
        with zipfile.ZipFile(file) as archive:
            part = archive.testzip()
    except Exception as error:  # noqa: BLE001  (damaged records may be read as anything; that there is damage is certain)
        return f"the damage is in the archive's own records ({error})"
    return f"the damage is in {part}" if part else "the damage is in the archive's own records"


def _hash(file: IO[bytes], length: int, on: Callable[[int], None] = lambda _: None) -> str:
    """Of the next `length` bytes."""
    digest, done = hashlib.sha256(), 0
    while piece := file.read(min(_PIECE, length - done)):
        digest.update(piece)
        done += len(piece)
        on(done)
    return digest.hexdigest()
