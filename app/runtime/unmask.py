"""A client masks its WebSocket frames with four bytes (RFC 6455, 5.3); this takes the mask off.

eventlet does it byte by byte in Python, which costs more than all the rest of receiving a batch. One XOR of two big
integers does the same at about 2 ns a byte.
"""


def apply_mask(data: bytes, mask: bytes, length: int | None = None, offset: int = 0) -> bytes:
    """`data` XOR the repeated `mask`; drop-in for ``RFC6455WebSocket._apply_mask``.

    Args:
        data: the bytes received.
        mask: the frame's four mask bytes.
        length: how many of `data` count; all by default.
        offset: how many bytes of the frame came before, since the mask goes on where it stopped.
    """
    size = len(data) if length is None else length
    turn = offset % 4
    repeated = (bytes(mask[turn:]) + bytes(mask[:turn])) * (size // 4 + 1)
    return (int.from_bytes(data[:size]) ^ int.from_bytes(repeated[:size])).to_bytes(size)
