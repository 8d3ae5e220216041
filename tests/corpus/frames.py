"""WebSocket frames as a client in no known language writes them: any bytes, any bits of the head."""

import struct
import zlib
from typing import Final

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
PING: Final = 0x9
COMPRESSED: Final = 0x40
"""The bit of the head that per-message deflate sets."""
_LAST: Final = 0x80
_MASKED: Final = 0x80


def frame(payload: bytes, kind: int = TEXT, *, last: bool = True, bits: int = 0) -> bytes:
    """One frame, masked by four zeros, so that the payload stands in it as it is."""
    head = bytes([(_LAST if last else 0) | bits | kind])
    size = len(payload)
    if size < 126:
        length = bytes([_MASKED | size])
    elif size < 1 << 16:
        length = bytes([_MASKED | 126]) + struct.pack("!H", size)
    else:
        length = bytes([_MASKED | 127]) + struct.pack("!Q", size)
    return head + length + bytes(4) + payload


def bomb(size: int) -> bytes:
    """A compressed text frame that becomes a message of that many bytes."""
    squeeze = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = squeeze.compress(b"4" + b"x" * (size - 1)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    return frame(packed.removesuffix(b"\x00\x00\xff\xff"), bits=COMPRESSED)
