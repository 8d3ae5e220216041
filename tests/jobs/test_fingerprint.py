"""Errors that differ only in what differs each time are of one group, and others are not."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.jobs.fingerprint import MAX_TEXT, fingerprint_of, normalised, place_of, url_template

TELLING = "aZ09-_/:.?&=@[]%{'\" \n\x00é夏"
PYTHON = """Traceback (most recent call last):
  File "/usr/lib/python3.11/site-packages/scrapy/core.py", line 12, in crawl
    yield
  File "/srv/shop/spiders/ebay.py", line {line}, in parse_listing
    price.get()
  File "/usr/lib/python3.11/site-packages/parsel/selector.py", line 9, in get
    return self
AttributeError: 'NoneType' object has no attribute 'get'
"""
NODE = """TypeError: Cannot read properties of null
    at Object.get (/app/node_modules/cheerio/lib/index.js:4:11)
    at async parseListing (file:///app/src/ebay.mjs:{line}:17)
    at node:internal/process/task_queues:95:5
"""


@pytest.mark.parametrize(
    ("url", "template"),
    [
        ("https://ebay.com/itm/405911871187", "ebay.com/itm/{id}"),
        ("https://ebay.com/itm/405911871187?hash=item5e8", "ebay.com/itm/{id}?hash"),
        ("http://user:secret@Shop.example/", "shop.example/"),
        ("https://shop.example/api/v2/products", "shop.example/api/v2/products"),
        ("https://shop.example/p/blue-suede-shoes-42", "shop.example/p/{slug}"),
        ("https://shop.example/p/blue-suede-shoes.html", "shop.example/p/{slug}.html"),
        ("https://shop.example/page3.html", "shop.example/page{n}.html"),
        ("https://a.example/dp/B00ABC1234/", "a.example/dp/{id}/"),
        ("https://a.example/0190f3a8-11d2-7a90-b1f5-8820c6f1aa31", "a.example/{id}"),
        ("https://a.example/annonces?page=212&tri=prix", "a.example/annonces?page&tri"),
        ("/itm/77", "/itm/{id}"),
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_an_address_becomes_that_of_all_pages_of_its_kind(url: str, template: str):
    """Ids, numbers and slugs are replaced, values of parameters and credentials left out."""
    assert url_template(url) == template


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("403 Forbidden GET https://a.example/x?page=212 through dc-fr-2", "{n} Forbidden GET {url} through dc-fr{n}"),
        ("took 1,234.5 ms", "took {n} ms"),
        ("item 0190f3a8-11d2-7a90-b1f5-8820c6f1aa31 is gone", "item {id} is gone"),
        ("<Tab at 0x7f3a21c0d9d0>", "<Tab at {id}>"),
        ("commit 8dc97f3ab1", "commit {id}"),
        ("KeyError: 'price'", "KeyError: 'price'"),
    ],
)
def test_a_message_loses_what_differs_each_time(message: str, title: str):
    """Words stay, also those in quotes: they tell one missing field from another."""
    assert normalised(message) == title


@pytest.mark.parametrize(
    ("stack", "place"),
    [
        (PYTHON.format(line=40), "ebay.py: parse_listing"),
        (NODE.format(line=40), "ebay.mjs: parseListing"),
        ('  File "/x/site-packages/a.py", line 1, in get', "a.py: get"),
        ("    at /app/index.js:10:3", "index.js"),
        ("no stack at all", ""),
        ("\n" * 40_000 + '  File "/x/shop.py", line 4, in parse', "shop.py: parse"),  # each is read once
    ],
)
def test_the_place_is_the_innermost_frame_of_the_user_s_own(stack: str, place: str):
    """Libraries are passed over, unless there is nothing else; the line plays no part."""
    assert place_of(stack) == place


def test_what_the_scraper_calls_it_goes_before_all():
    """Its own fingerprint is the group's name, whatever the rest says."""
    one = fingerprint_of({"fingerprint": "price-missing", "message": "a"})
    other = fingerprint_of({"fingerprint": "price-missing", "message": "b", "kind": "KeyError"})

    assert one.key == other.key == "price-missing"


def test_other_kinds_places_messages_and_pages_are_other_groups():
    """Each of them tells errors apart."""
    one = {"kind": "KeyError", "stack": PYTHON, "message": "'price'", "url": "https://a.example/p/1"}
    changes = (
        {"kind": "IndexError"},
        {"stack": NODE},
        {"message": "'title'"},
        {"url": "https://a.example/q/1"},
        {"stack": None, "selector": ".price"},
    )

    keys = {fingerprint_of({**one, **change}).key for change in ({}, *changes)}

    assert len(keys) == 6


def test_the_exception_is_read_from_the_message_or_the_stack():
    """Where the scraper does not name it."""
    assert fingerprint_of({"message": "TimeoutError: 30 s"}).kind == "TimeoutError"
    found = fingerprint_of({"stack": PYTHON.format(line=7)})
    assert (found.kind, found.place) == ("AttributeError", "ebay.py: parse_listing")
    assert found.title == "AttributeError: 'NoneType' object has no attribute 'get'"


def failed(number: int, item: int, id_: UUID, line: int):
    """An error that tells numbers and ids in many places."""
    return {
        "message": f"AttributeError: item {item} of {id_} has no price after {number} ms, see https://a.example/{item}",
        "stack": PYTHON.format(line=line),
        "url": f"https://a.example/itm/{item}?session={id_}",
    }


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.uuids(), st.integers(1, 9_999))
def test_numbers_and_ids_do_not_matter(number: int, item: int, id_: UUID, line: int):
    """Whatever they are, wherever they stand."""
    found = fingerprint_of(failed(number, item, id_, line))

    assert found == fingerprint_of(failed(1, 2, UUID(int=3), 4))
    assert found.url_template == "a.example/itm/{id}?session"


@given(
    st.dictionaries(
        st.sampled_from(["message", "kind", "stack", "url", "fingerprint", "selector"]),
        st.text(TELLING, max_size=60) | st.none() | st.integers() | st.lists(st.none()),
    )
)
def test_any_error_has_a_group(data):
    """Nothing that a scraper sends is too strange, and every text is short enough to be kept."""
    found = fingerprint_of(data)

    assert found.key
    assert all(len(text) <= MAX_TEXT for text in (found.key, found.kind, found.place, found.url_template, found.title))
    assert fingerprint_of(data) == found
