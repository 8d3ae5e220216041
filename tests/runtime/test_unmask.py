"""Taking the mask off a WebSocket frame."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.runtime.unmask import apply_in_python, apply_mask

MASKS = st.binary(min_size=4, max_size=4)


@given(st.binary(max_size=300), MASKS, st.integers(0, 9))
def test_the_mask_is_taken_off_like_byte_by_byte(data, mask, offset):
    """RFC 6455, 5.3: byte i of the frame is XORed with byte i modulo 4 of the mask."""
    assert apply_mask(data, mask, offset=offset) == bytes(b ^ mask[(i + offset) % 4] for i, b in enumerate(data))


@given(st.binary(max_size=300), MASKS)
def test_it_goes_without_c(data, mask):
    """Where the package's C was not built, Python gives the very same bytes."""
    assert apply_in_python(data, mask) == apply_mask(data, mask)


@given(st.binary(max_size=300), MASKS, st.lists(st.integers(0, 300), max_size=4))
def test_a_frame_may_come_in_pieces(data, mask, cuts):
    """Each piece goes on where the one before stopped."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [apply_mask(data[a:b], mask, length=b - a, offset=a) for a, b in pairwise(edges)]

    assert b"".join(pieces) == apply_mask(data, mask)


def test_the_example_of_the_rfc():
    """Section 5.7: a masked "Hello"."""
    assert apply_mask(b"\x7f\x9f\x4d\x51\x58", b"\x37\xfa\x21\x3d") == b"Hello"
