"""Networks that let no socket through."""

import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scrapewatch import route
from scrapewatch.link import LinkDown
from scrapewatch.post import Post
from tests.scrapewatch.stand_in import TOKEN, answer, send


class OnlyHttp(ThreadingHTTPServer):
    """Refuses every socket, as some proxies do, and takes events by POST.

    Attributes:
        answers: status and body to give, in turn, before the usual ones.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events = []
        self.answers = []
        self.refused = 0
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: OnlyHttp

    def log_message(self, *_):
        """Nothing: requests are not news here."""

    def do_GET(self):
        self.server.refused += 1
        self.reply(403, b"<h1>Blocked by policy</h1>")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.answers:
            self.reply(*self.server.answers.pop(0))
        elif self.path != "/api/v1/events" or self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.reply(401, json.dumps({"code": "unauthorized", "detail": "No such token"}).encode())
        else:
            batch = json.loads(body)
            self.server.events += [event for event in batch if event["type"] != "client_report"]
            self.reply(200, json.dumps(answer(accepted=len(batch))).encode())

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 503:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def only_http():
    """Such a server."""
    server = OnlyHttp()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_where_no_socket_gets_through_events_go_by_http(only_http, emitter_to):
    """After two refused sockets; all arrive in order, and no further socket is tried for a while."""
    emitter = emitter_to(only_http.url, batch_size=100)
    send(emitter, 1_000)

    assert emitter.flush(20)
    assert [event["data"]["n"] for event in only_http.events] == list(range(1_000))
    assert emitter.ledger.accepted == 1_000
    assert only_http.refused == 2


def test_a_socket_is_tried_again_now_and_then(only_http, emitter_to, until, monkeypatch):
    """Networks change; meanwhile events go on by HTTP."""
    monkeypatch.setattr(route, "SOCKET_AGAIN_S", 0.05)
    emitter = emitter_to(only_http.url)
    send(emitter, 1)
    assert emitter.flush(20)

    def emitted_again():
        send(emitter, 1)
        return only_http.refused >= 4

    until(emitted_again)
    assert emitter.flush(20)


def test_a_refusal_by_http_is_heeded_like_any_other(only_http, emitter_to):
    """A busy server is asked again after its `Retry-After`; a page of a proxy's is no answer; nothing is lost."""
    problem = {"type": "about:blank", "title": "busy", "status": 503, "code": "busy", "detail": "try again later"}
    only_http.answers = [(503, json.dumps(problem).encode()), (200, b"<h1>Welcome</h1>"), (502, b"")]
    emitter = emitter_to(only_http.url)
    send(emitter, 10)

    assert emitter.flush(20)
    assert [event["data"]["n"] for event in only_http.events] == list(range(10))
    assert emitter.ledger.lost == 0


def test_a_batch_too_large_for_http_is_split(only_http, emitter_to):
    """413 is answered by halves."""
    problem = {"status": 413, "code": "batch_too_large", "detail": "must be smaller"}
    only_http.answers = [(413, json.dumps(problem).encode())]
    emitter = emitter_to(only_http.url)
    send(emitter, 10)

    assert emitter.flush(20)
    assert [event["data"]["n"] for event in only_http.events] == list(range(10))


def test_a_refused_credential_is_no_answer(only_http, emitter_to, until, caplog):
    """The events wait, and the log says why."""
    problem = {"status": 401, "code": "unauthorized", "detail": "No such token"}
    only_http.answers = [(401, json.dumps(problem).encode())] * 1_000
    emitter = emitter_to(only_http.url)
    send(emitter, 10)
    until(lambda: "No such token" in caplog.text)

    assert emitter.ledger.waiting == 10


def test_a_request_that_is_cut_off_is_told_from_a_server_that_is_not_there():
    """The first may have been too much for the line, the second says nothing of it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def cut_off():
            connection, _ = listener.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        cutting = threading.Thread(target=cut_off)
        cutting.start()
        with pytest.raises(LinkDown) as cut:
            Post(url, "").call("[" + " " * 200_000 + "]")
        cutting.join()
    with pytest.raises(LinkDown) as refused:
        Post(url, "").call("[]")

    assert (cut.value.cut, refused.value.cut) == (True, False)
