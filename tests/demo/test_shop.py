"""The sample shop and each of its faults."""

import json
import time
import urllib.error
import urllib.request

import pytest

from demo.faults import FAULTS, PASSING, Faults, parse
from demo.goods import catalogue
from demo.shop import Shop

NONE = dict.fromkeys(FAULTS, 0.0)
PRODUCT = "/p/cards-001"


@pytest.fixture
def shop():
    """A shop of 300 products in which nothing goes wrong by itself."""
    with Shop(faults=NONE, per_category=25) as running:
        yield running


def get(shop, path, data=None):
    """Status, headers and text of an answer."""
    try:
        with urllib.request.urlopen(shop.url + path, data, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, problem.headers, problem.read().decode()


def test_every_product_can_be_reached(shop):
    """From the front page over the categories and their pages: 300 products, each with all that a spider wants."""
    assert get(shop, "/")[2].count('class="category"') == 12
    assert get(shop, "/c/cards")[2].count('class="product"') == 20
    assert get(shop, "/c/cards?page=2")[2].count('class="product"') == 5
    assert 'class="next"' in get(shop, "/c/cards")[2]
    assert 'class="next"' not in get(shop, "/c/cards?page=2")[2]
    for item in list(shop.products.values())[::30]:
        status, _, text = get(shop, f"/p/{item.slug}")
        assert status == 200
        assert f">{item.price_text}<" in text
        assert f'data-count="{item.stock}"' in text
        assert f'src="/images/{item.slug}.svg"' in text


def test_pictures_come_from_the_shop_itself(shop):
    """As SVG, with the product's name on it."""
    status, headers, text = get(shop, "/images/cards-001.svg")

    assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
    assert shop.products["cards-001"].title in text


@pytest.mark.parametrize(
    "path", ["/p/none", "/c/none", "/c/cards?page=9", "/c/cards?page=x", "/c/cards?page=0", "/images/x.svg", "/x/y/z"]
)
def test_what_is_not_there_is_not_found(shop, path):
    """404, not a traceback."""
    assert get(shop, path)[0] == 404


def test_the_same_seed_sells_the_same():
    """On every machine, in every year; another seed sells something else."""
    assert catalogue(1, 5) == catalogue(1, 5) != catalogue(2, 5)
    assert catalogue(1, 5)["cards"] == catalogue(1, 9)["cards"][:5]


@pytest.mark.parametrize(
    ("fault", "status", "shown", "missing"),
    [
        ("404", 404, "404 Not Found", "price"),
        ("500", 500, "500 Internal Server Error", "price"),
        ("429", 429, "429 Too Many Requests", "price"),
        ("blocked", 200, "Are you a robot?", 'class="price"'),
        ("layout", 200, "pdp-name", 'class="title"'),
        ("vanished", 200, 'class="title"', 'class="price"'),
    ],
    ids=lambda value: str(value) if str(value) in FAULTS else "",
)
def test_each_fault_can_be_switched_on(shop, fault, status, shown, missing):
    """By its address while the shop runs; every product page then shows it, and no other page does."""
    assert json.loads(get(shop, f"/_faults?{fault}=1")[2]) == {**NONE, fault: 1.0}

    found, headers, text = get(shop, PRODUCT)
    body = text.partition("</style>")[2]
    assert found == status
    assert shown in body
    assert missing not in body
    assert headers["Retry-After"] == ("1" if fault == "429" else None)
    assert get(shop, "/c/cards")[0] == 200
    get(shop, "/_faults", f"{fault}=0".encode())
    assert 'class="price"' in get(shop, PRODUCT)[2]


def test_a_slow_page_is_slow_and_right(shop, monkeypatch):
    """The answer is the usual one, later."""
    monkeypatch.setattr("demo.shop.SLOW_S", 0.3)
    get(shop, "/_faults?slow=1")
    began = time.monotonic()

    assert 'class="price"' in get(shop, PRODUCT)[2]
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("query", ["none=1", "500=2", "500=-1", "500=often", "404=1&500=nan"])
def test_a_fault_that_makes_no_sense_changes_nothing(shop, query):
    """400 with the reason; a wrong share among right ones changes none of them."""
    status, _, text = get(shop, f"/_faults?{query}")

    assert status == 400
    assert json.loads(text)["error"]
    assert shop.faults.rates == NONE


def test_by_default_a_little_goes_wrong():
    """Of 10,000 pages between 3 and 10 in a hundred are struck, by every fault that is on."""
    faults = Faults(1)
    struck = [faults.strike(f"/p/{n}") for n in range(10_000)]

    assert 300 < sum(map(bool, struck)) < 1_000
    assert {name for names in struck for name in names} == {name for name, rate in FAULTS.items() if rate}


def test_some_faults_pass_and_some_stay():
    """With every second page struck: 500 is drawn anew at each visit, 404 belongs to the page."""
    faults = Faults(1, {**NONE, "404": 0.5, "500": 0.5})
    visits = [faults.strike("/p/x") for _ in range(50)]

    assert len({"404" in names for names in visits}) == 1
    assert len({"500" in names for names in visits}) == 2
    assert set(FAULTS) >= PASSING


def test_shares_are_read_from_text():
    """As the command line and the address give them."""
    assert parse({"500": "0.1", "layout": "1"}) == {"500": 0.1, "layout": 1.0}
