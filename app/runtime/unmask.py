"""A client masks its WebSocket frames with four bytes (RFC 6455, 5.3); this takes the mask off.

eventlet does it byte by byte in Python, which costs more than all the rest of receiving a batch. The C of the package
websockets does it at once; where that was not built, one XOR of two big integers does the same at about 2 ns a byte.
"""

from collections.abc import Callable

_unmask: Callable[[bytes, bytes], bytes]


def apply_in_python(data: bytes, mask: bytes) -> bytes:
    """`data` XOR the repeated `mask`."""
    size = len(data)
    return (int.from_bytes(data) ^ int.from_bytes((mask * (size // 4 + 1))[:size])).to_bytes(size)


try:
    from websockets.speedups import apply_mask as _unmask
except ImportError:  # a platform without a wheel and without a compiler
    _unmask = apply_in_python


def apply_mask(data: bytes, mask: bytes, length: int | None = None, offset: int = 0) -> bytes:
    """`data` XOR the repeated `mask`; drop-in for ``RFC6455WebSocket._apply_mask``.

    Args:
        data: the bytes received.
        mask: the frame's four mask bytes.
        length: how many of `data` count; all by default.
        offset: how many bytes of the frame came before, since the mask goes on where it stopped.
    """
    turn = offset % 4
    turned = bytes(mask[turn:]) + bytes(mask[:turn])
    counted = data if length is None or length == len(data) else data[:length]
    return _unmask(counted, turned)
