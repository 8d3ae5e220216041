"""WebSocket frames made and read by the load clients."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.runtime.unmask import apply_mask
from bench.frames import Closed, Reader, frame


def served(payload: bytes) -> bytes:
    """A server's text frame, which has no mask."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    return bytes((0x81, 126)) + size.to_bytes(2) + payload if size < 2**16 else b"\x81\x7f" + size.to_bytes(8) + payload


@pytest.mark.parametrize("size", [1, 125, 126, 65_535, 65_536, 100_001])
def test_a_frame_is_unmasked_to_what_went_in(size: int):
    """Every form of a length is written as a server reads it."""
    text = "0123456789é"[: size % 11 + 1] * (size // 4)
    text = text.encode()[:size].decode(errors="ignore").ljust(size, "x")[:size]
    payload = text.encode()

    made = frame(text)

    mask, body = made[-len(payload) - 4 : -len(payload)], made[-len(payload) :]
    assert apply_mask(body, mask) == payload


@given(some.lists(some.binary(max_size=300), max_size=5), some.integers(1, 400))
def test_messages_come_whole_whatever_the_pieces(payloads: list[bytes], piece: int):
    """Where the network cut the stream does not show in the messages."""
    stream = b"".join(map(served, payloads))
    reader = Reader()

    found = [each for start in range(0, len(stream), piece) for each in reader.feed(stream[start : start + piece])]

    assert found == payloads


def test_a_close_is_told():
    """A server that says goodbye is not taken for one that has nothing to say."""
    with pytest.raises(Closed, match="bye"):
        Reader().feed(b"\x88\x05\x03\xe8bye")
