"""Requests that two readers could cut differently, to smuggle a second one behind the first."""

from collections.abc import Sequence

HOST = b"Host: localhost\r\n"
POST = b"POST /api/v1/events HTTP/1.1\r\n" + HOST
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
TWO_READINGS = {
    "both lengths": POST + b"Content-Length: 4\r\n" + CHUNKED + b"0\r\n\r\n",
    "an encoding of another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "an encoding after the chunks": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "two encodings": POST + b"Transfer-Encoding: identity\r\n" + CHUNKED + b"0\r\n\r\n",
    "an encoding on a line of its own": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /x HTTP/1.0\r\nConnection: keep-alive\r\n" + CHUNKED + b"0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, 44\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length as Python writes it": POST + b"Content-Length: 4_4\r\n\r\n",
    "a blank before the colon": POST + b"Content-Length : 44\r\n\r\n",
    "a chunk of no number": POST + CHUNKED + b"zz\r\n\r\n",
    "a chunk as Python writes it": POST + CHUNKED + b"0x0\r\n\r\n",
    "a negative chunk": POST + CHUNKED + b"-1\r\n\r\n",
    "a chunk without its end": POST + CHUNKED + b"2\r\n[]XX0\r\n\r\n",
    "bare line feeds": b"POST /x HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n",
    "a NUL in a header": b"GET /healthz HTTP/1.1\r\nX: a\x00b\r\n" + HOST + b"\r\n",
    "an address of another host": b"GET http://evil.example/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n" + HOST + b"\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
}
ONE_READING = {
    "a header that looks like a length": POST + b"Content_Length: 44\r\nContent-Length: 0\r\n\r\n",
    "a body of a GET": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\nhi",
}


def refused(found: Sequence[int], closed: bool) -> bool:
    """Whether each answer blames the client, and none came after the last; what needs a login may be told first."""
    return closed and bool(found) and all(400 <= status < 500 or status == 501 for status in found)
