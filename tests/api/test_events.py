"""``/api/v1/events``: the same door as the socket's, and the history."""

import msgspec
import pytest

from tests.sockets import scraped

EVENTS = "/api/v1/events"


@pytest.mark.parametrize(
    ("body", "content_type", "accepted"),
    [
        (msgspec.json.encode(scraped()), "application/json", 1),
        (msgspec.json.encode([scraped(), scraped()]), "application/json", 2),
        (b"\n".join([msgspec.json.encode(scraped())] * 3) + b"\n\n", "application/x-ndjson", 3),
        (b"[]", "application/json", 0),
    ],
    ids=["one", "a list", "lines", "an empty list"],
)
def test_one_a_list_or_lines_are_taken(scraper, body, content_type, accepted):
    """Each is answered as the socket would."""
    answer = scraper.post(EVENTS, body, content_type)

    assert answer.status_code == 200
    assert answer.json == {
        "ok": True,
        "accepted": accepted,
        "duplicates": 0,
        "rejected": [],
        "flow": {"level": "ok", "retryAfter": 0, "sample": {}},
    }


def test_rejections_answer_207_and_the_neighbours_are_stored(scraper, reader):
    """NaN, half a line and an unknown type are refused by index; the good one is there."""
    good = msgspec.json.encode(scraped(data={"n": 1}))
    lines = [good.replace(b'"n":1', b'"n":NaN'), b'{"type":', good, msgspec.json.encode(scraped(type="x"))]

    answer = scraper.post(EVENTS, b"\n".join(lines), "application/x-ndjson")

    assert answer.status_code == 207
    found = [(r["index"], r["code"], r["field"]) for r in answer.json["rejected"]]
    assert found == [(0, "invalid", "data.n"), (1, "invalid", ""), (3, "unknown_type", "type")]
    assert [event["data"] for event in reader.json(EVENTS)["items"]] == [{"n": 1}]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid"),
        (b"[1,", 400, "invalid"),
        (b"[" + b",".join([b"{}"] * 501) + b"]", 413, "batch_too_large"),
        (b" " * (512 * 1024 + 1), 413, "batch_too_large"),
        (b" " * (1024 * 1024 + 1), 413, "batch_too_large"),
    ],
)
def test_a_message_that_cannot_be_taken_is_a_problem(scraper, body, status, code):
    """As ``application/problem+json``, with the contract's code."""
    answer = scraper.post(EVENTS, body)

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert set(answer.json) == {"type", "title", "status", "code", "field", "detail"}
    assert (answer.json["status"], answer.json["code"]) == (status, code)


def test_another_sender_s_job_is_forbidden(scraper, client, environment, reader):
    """The admin is a sender of their own, and does not write into the token's jobs."""
    scraper.post(EVENTS, scraped("mine"))

    answer = client.post(
        EVENTS,
        json=scraped("mine"),
        base_url="http://127.0.0.1:5000",
        auth=("admin", environment["ADMIN_PASSWORD"]),
    )

    assert answer.json["rejected"][0]["code"] == "forbidden_job"
    assert reader.json("/api/v1/jobs/mine")["items"] == 1


def test_history_pages_by_an_opaque_next(scraper, reader):
    """Newest first, without gap or overlap."""
    scraper.post(EVENTS, [scraped(data={"n": n}) for n in range(5)])

    seen, target = [], f"{EVENTS}?limit=2"
    while target:
        page = reader.json(target)
        seen += [event["data"]["n"] for event in page["items"]]
        target = page["next"] and f"{EVENTS}?limit=2&next={page['next']}"

    assert seen == [4, 3, 2, 1, 0]


def test_history_is_filtered(scraper, reader):
    """By job, type, level and text."""
    scraper.post(
        EVENTS,
        [
            scraped("a"),
            scraped("a", type="error", data={"message": "Proxy banned"}),
            scraped("b", type="log", data={"message": "page 5", "level": "debug"}),
        ],
    )

    def types(query):
        return [event["type"] for event in reader.json(f"{EVENTS}?{query}")["items"]]

    assert types("job=a") == ["error", "item_scraped"]
    assert types("type=log,error") == ["log", "error"]
    assert types("level=warning") == ["error"]
    assert types("q=banned") == ["error"]
    assert types("from=-5m&to=now&job=b") == ["log"]
    assert types("to=-5m") == []
    assert types("from=2026-01-01T00:00Z&to=now&job=b") == ["log"]
    assert types("to=2026-01-01 00:00") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=never", "from"),
        ("from=now&to=-1h", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("to=2026-13-01T00:00Z", "to"),
        ("type=nonsense", "type"),
        ("level=shout", "level"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=%C2%B2", "limit"),
        ("next=5", "next"),
        ("next=b99999999999999999999", "next"),
        ("limit=0005", "limit"),
        ("limit=0005000", "limit"),
        (f"limit={'9' * 4_500}", "limit"),
        ("next=bzzzzzzzzzzzzz", "next"),
        ("q=%00", "q"),
        ("job=a%00", "job"),
    ],
)
def test_a_bad_filter_names_its_field(reader, query, field):
    """400, never an empty list that looks like an answer."""
    answer = reader.get(f"{EVENTS}?{query}")

    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (400, "invalid", field)
