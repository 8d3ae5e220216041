"""``/api/v1/dashboards``: what is put in comes out, and only operators put in."""

from typing import Any

import msgspec
import pytest

from app.dashboards.service import UNNAMED
from tests.api.conftest import Caller
from tests.dashboards.seed import chart, config, full, panel

DASHBOARDS = "/api/v1/dashboards"


@pytest.fixture
def operator(client, environment):
    """Asks as the first admin."""

    class Operator(Caller):
        def open(self, target, **options):
            auth = ("admin", environment["ADMIN_PASSWORD"])
            return self._client.open(target, base_url="http://127.0.0.1:5000", auth=auth, **options)

    return Operator(client, None)


@pytest.fixture
def made(operator):
    """A stored dashboard with everything in it."""
    answer = operator.post(DASHBOARDS, full())
    assert answer.status_code == 201, answer.text
    return answer.json


def normal(value):
    """JSON whose keys are in order."""
    return msgspec.json.encode(value, order="sorted")


def test_what_is_imported_is_exported(made, reader):
    """Byte for byte but for the order of keys, fields of one's own included; the id comes on top."""
    told = reader.json(f"{DASHBOARDS}/{made['id']}")

    assert normal({field: value for field, value in told.items() if field != "id"}) == normal(full())
    assert told == made
    assert told in reader.json(DASHBOARDS)["items"]


def test_an_export_can_be_imported(made, operator):
    """Its id is not taken along, so that both are there."""
    again = operator.post(DASHBOARDS, {**made, "name": "Another"})

    assert again.status_code == 201
    assert again.json["id"] != made["id"]
    assert again.json["layout"] == made["layout"]


def test_one_without_a_name_gets_one(operator):
    """Nothing but layout and theme is needed."""
    names = [operator.post(DASHBOARDS, config()).json["name"] for _ in range(2)]

    assert names == [UNNAMED, f"{UNNAMED} 2"]


def test_a_name_is_one_dashboard_s(made, operator):
    """A second one of that name is a conflict, however it comes to it."""
    other = operator.post(DASHBOARDS, config(name="Other")).json
    renamed = operator.open(f"{DASHBOARDS}/{other['id']}", method="PUT", json=config(name=made["name"]))

    assert operator.post(DASHBOARDS, config(name=made["name"])).status_code == 409
    assert renamed.status_code == 409


def test_it_is_changed_as_a_whole(made, operator, reader):
    """What was not sent is gone, but the name stays."""
    changed = operator.open(f"{DASHBOARDS}/{made['id']}", method="PUT", json=config(panel("only")))

    assert (changed.status_code, changed.json) == (
        200,
        {"id": made["id"], "name": made["name"], **config(panel("only"))},
    )
    assert reader.json(f"{DASHBOARDS}/{made['id']}") == changed.json


def test_a_change_of_what_has_changed_is_refused(made, operator):
    """For those who say which version they looked at."""
    target = f"{DASHBOARDS}/{made['id']}"
    version = operator.get(target).headers["ETag"]
    first = operator.open(target, method="PUT", json=config(), headers={"If-Match": version})
    second = operator.open(target, method="PUT", json=config(), headers={"If-Match": version})

    assert (first.status_code, second.status_code) == (200, 409)
    assert operator.open(target, method="PUT", json=config(), headers={"If-Match": "x"}).json["field"] == "If-Match"


def test_it_is_cloned_and_deleted(made, operator):
    """A clone has all but the name; what is deleted is gone."""
    copy = operator.post(f"{DASHBOARDS}/{made['id']}/clone", {})
    named = operator.post(f"{DASHBOARDS}/{made['id']}/clone", {"name": "Mine"})

    assert (copy.json["name"], named.json["name"]) == ("Shop prices 2", "Mine")
    assert copy.json["layout"] == made["layout"]
    assert operator.open(f"{DASHBOARDS}/{made['id']}", method="DELETE").status_code == 204
    assert operator.get(f"{DASHBOARDS}/{made['id']}").status_code == 404
    assert operator.open(f"{DASHBOARDS}/{made['id']}", method="DELETE").status_code == 404


@pytest.mark.parametrize("name", ["0", "00", "9" * 30, "none", "²", "%00", "a/b"])
def test_an_unknown_one_is_not_found(operator, name):
    """Whatever its id looks like."""
    assert operator.get(f"{DASHBOARDS}/{name}").status_code == 404


def test_who_may_read_changes_nothing(made, reader, scraper):
    """And who may only ingest does not even read."""
    target = f"{DASHBOARDS}/{made['id']}"

    assert reader.post(DASHBOARDS, config()).status_code == 403
    assert reader.open(target, method="PUT", json=config()).status_code == 403
    assert reader.open(target, method="DELETE").status_code == 403
    assert reader.post(f"{target}/clone", {}).status_code == 403
    assert scraper.get(target).status_code == 403


BY_QUERY = {"source": "metrics", "query": "nope"}


def of_quantile(metric: str) -> dict[str, Any]:
    """A chart of that metric's greatest values but five in a hundred."""
    found = chart("line", metric)
    return {**found, "data": {**found["data"], "aggregation": "p95"}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", ""),
        ([], ""),
        ({}, "layout"),
        (config(name=5), "name"),
        (config(name=""), "name"),
        (config(panel("a"), panel("a")), "layout.panels[1].id"),
        (config(*[panel(f"p{n}") for n in range(1_000)]), "layout.panels"),
        (
            config(panel("a", "table", "jobs", data={"source": "jobs", "query": "status:odd"})),
            "layout.panels[0].data.query",
        ),
        (
            config(panel("a", options={"chart": chart("line", "items", "no.such.metric")})),
            "layout.panels[0].options.chart.data.metrics[1]",
        ),
        (config(panel("a", "stats", data={"source": "metrics", "query": "items{"})), "layout.panels[0].data.query"),
        (
            config(panel("a", "stats", data={"source": "metrics", "transform": "rate | guess"})),
            "layout.panels[0].data.transform",
        ),
        (config(panel("a", "stats", data={"source": "metrics", "query": "nothing"})), "layout.panels[0].data.query"),
        (
            config(panel("a", options={"chart": chart("line", 'errors{source="nope"}', "nope")})),
            "layout.panels[0].options.chart.data.metrics[1]",
        ),
        (
            config(panel("a", data=BY_QUERY, options={"chart": chart("line", 'errors{source="nope"}')})),
            "layout.panels[0].data.query",
        ),
        (config(panel("a", "log", data={"source": "jobs", "transform": "rate"})), "layout.panels[0].data.transform"),
        (
            config(panel("a", options={"chart": of_quantile("items")})),
            "layout.panels[0].options.chart.data.aggregation",
        ),
        ({**config(), "theme": {"dark": False, "colors": {"a": "javascript:"}}}, "theme.colors.a"),
    ],
)
def test_a_bad_one_is_refused_by_its_field(operator, body, field):
    """As a problem, and nothing is stored."""
    before = operator.json(DASHBOARDS)
    answer = operator.post(DASHBOARDS, body)

    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (400, "invalid", field)
    assert operator.json(DASHBOARDS) == before


def test_a_home_is_a_user_s(made, operator, reader):
    """Set and unset by themselves; a token has none."""
    target = f"{DASHBOARDS}/{made['id']}/home"

    assert operator.open(target, method="PUT").status_code == 204
    assert operator.open(target, method="DELETE").status_code == 204
    assert operator.open(f"{DASHBOARDS}/none/home", method="PUT").status_code == 404
    assert reader.open(target, method="PUT").status_code == 403
    lines = operator.json("/api/v1/audit?action=dashboard.home")["items"]
    assert [(line["actor"]["name"], line["after"], line["before"]) for line in lines] == [
        ("admin", {"home": None}, {"home": made["id"]}),
        ("admin", {"home": made["id"]}, {"home": None}),
    ]
