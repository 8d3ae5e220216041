"""What a job's page tells of its errors, its figures and the other runs of its spider."""

import json
import re
from html import unescape

import pytest

from app.dashboard import filters, rounded
from app.dashboard.job_tabs import compare
from app.storage.base import Event
from tests.dashboard.conftest import House
from tests.dashboard.test_pages import Tags
from tests.fakes import NOW_MS, event

STACK = 'Traceback:\n  File "/app/shop.py", line 41, in parse\nKeyError: price'


def run(job_id: str, *kinds: str, items: int = 4, at_ms: int = NOW_MS) -> list[Event]:
    """A run of the same spider with an error of each kind."""
    told = {"requests": {"total": 10, "failed": len(kinds)}, "latency": {"p50": 100, "p95": 400}}
    return [
        event("job_started", job_id, at_ms=at_ms, data={"source": "ebay.com", "query": "cards"}),
        *(event(job_id=job_id, at_ms=at_ms + 1_000, data={"n": n}) for n in range(items)),
        *(
            event(
                "error",
                job_id,
                level=3,
                at_ms=at_ms + 2_000,
                data={"kind": kind, "message": f"{kind} came", "url": "https://ebay.com/itm/77", "stack": STACK},
            )
            for kind in kinds
        ),
        event("job_progress", job_id, at_ms=at_ms + 3_000, data=told),
        event("job_completed", job_id, at_ms=at_ms + 8_000, data={"duration": 8_000}),
    ]


def post(house: House, status: int, **fields: str) -> None:
    """Mute or unmute."""
    form = re.search(r'name="csrf_token" value="([^"]+)"', house.page("/"))
    assert form
    answer = house.client.post("/mutes", data={"csrf_token": form[1], **fields})
    assert answer.status_code == status, answer.text


@pytest.fixture
def operator(house: House) -> House:
    """Whoever looks is an operator."""
    house.accounts.users.create("olga", "secret", "operator")
    house.client = house.client.application.test_client()
    form = re.search(r'name="csrf_token" value="([^"]+)"', house.client.get("/login").text)
    assert form
    house.client.post("/login", data={"csrf_token": form[1], "username": "olga", "password": "secret"})
    return house


def test_errors_that_are_alike_are_one_row(house: House):
    """With how many there are, where, and the newest one's stack; what earlier runs did not have is new."""
    house.send(run("1", "KeyError"))
    house.send(run("2", "KeyError", "KeyError", "Banned"))

    page = unescape(house.page("/jobs/2?tab=errors"))

    assert "3 errors, 2 groups" in page
    assert re.findall(r'data-label="Count"><strong>(\d)', page) == ["1", "2"]
    assert page.count("new in this run") == 1
    assert page.index("new in this run") < page.index("KeyError")
    assert STACK in page
    assert 'href="https://ebay.com/itm/77"' in page
    assert "Mute in all runs" not in page


def test_a_long_stack_is_cut(house: House):
    """To its ends; it is whole in its event, to which the page leads."""
    calls = "at parse\n" * 1_000
    stack = f"the begin\n{calls}the middle\n{calls}the end"
    house.send([event("error", "1", level=3, data={"message": "no price", "stack": stack})])

    page = house.page("/jobs/1?tab=errors")

    assert "the begin" in page
    assert "the end" in page
    assert "the middle" not in page
    assert "the middle" in house.page("/jobs/1?tab=events&type=error&line=1")


def test_an_operator_mutes_what_is_no_news(operator: House):
    """In all runs of the spider, until it is undone; nobody mutes what there is not."""
    operator.send(run("1", "KeyError"))
    operator.send(run("2", "KeyError", "Banned"))
    fingerprint = operator.groups.of_job("2")[0].fingerprint

    assert "Mute in all runs" in operator.page("/jobs/2?tab=errors")
    post(operator, 303, job="2", fingerprint=fingerprint, muted="1")
    assert "Muted by olga" in operator.page("/jobs/2?tab=errors")
    post(operator, 303, job="2", fingerprint=fingerprint, muted="0")
    assert "Muted by olga" not in operator.page("/jobs/2?tab=errors")
    post(operator, 404, job="2", fingerprint="none", muted="1")


def test_errors_of_a_job_without_a_spider_are_not_muted(operator: House):
    """It has no other runs: all jobs that say nothing of themselves would be taken for the same."""
    operator.send([event("error", "1", level=3, data={"kind": "KeyError"})])

    assert "Mute in all runs" not in operator.page("/jobs/1?tab=errors")
    post(operator, 400, job="1", fingerprint=operator.groups.of_job("1")[0].fingerprint, muted="1")


def test_a_viewer_mutes_nothing(house: House):
    """Neither by a form nor by hand."""
    house.send(run("1", "KeyError"))

    post(house, 403, job="1", fingerprint=house.groups.of_job("1")[0].fingerprint, muted="1")


def test_a_run_stands_beside_another_one(house: House):
    """Figures side by side with what differs, and the errors that one of them alone has."""
    house.send(run("1", "KeyError", items=2))
    house.send(run("2", "KeyError", "Banned", items=4, at_ms=NOW_MS + 60_000))

    page = house.page("/jobs/2?tab=compare&compare=1")

    assert re.search(r"<td>Items</td>.*?<strong>4</strong></td><td.*?>2</td><td.*?>\+2 <span.*?>\+100 %<", page)
    assert re.search(r"<td>Answered</td>.*?80\.0 %.*?90\.0 %.*?−10\.0 points<", page)
    assert re.search(r"Errors of this run alone.*?Banned came", page)
    assert '<option value="1" selected>' in page
    assert 'id="previous-run"' in page
    house.page("/jobs/2?tab=compare&compare=none", 400)


def test_differences_are_of_what_is_shown(house: House):
    """Whoever subtracts the figures of a row has the difference beside them."""
    with house.client.application.test_request_context("/"):
        assert _told("duration", 188_100, 192_900) == ("3 min 8 s", "3 min 12 s", "−4 s", "−2 %")
        assert _told("p50", 2.4, 4.6) == ("2 ms", "5 ms", "−3 ms", "−60 %")
        assert _told("answered", 0.9568, 0.9499) == ("95.7 %", "95.0 %", "+0.7 points", "")
        assert _told("answered", 0.99999, 1) == ("99.9 %", "100.0 %", "−0.1 points", "")
        assert _told("bytes", 2_234_567, 999_400) == ("2.2 MB", "999 kB", "+1.2 MB", "+120 %")
        assert _told("rate", 0.34, 0.25) == ("0.3", "0.2", "+0.1", "+50 %")
        assert _told("items", 4, None) == ("4", "–", "–", "")


def _told(name: str, mine: float | None, theirs: float | None) -> tuple[str, ...]:
    row = compare._row(name, mine, theirs)
    return tuple(row[key] for key in ("here", "there", "change", "share"))


@pytest.mark.parametrize("value", [0, 0.05, 0.35, 2.5, 999.4, 1_000, 59_999, 3_661_999, 90_061_000])
def test_what_is_written_stays_what_it_is_once_it_is_rounded(house: House, value: float):
    """So no figure is rounded twice."""
    with house.client.application.test_request_context("/"):
        for name in ("number", "rate", "size", "duration"):
            write = getattr(filters, name)
            assert write(getattr(rounded, name)(value)) == write(value)


def test_runs_lead_to_one_another(house: House):
    """To the one before and the one after, on the same tab; the first has none before it."""
    for job_id in ("1", "2", "3"):
        house.send(run(job_id))

    page = house.page("/jobs/2?tab=log")

    assert re.search(r'id="previous-run"[^>]*href="/jobs/1\?tab=log"', page)
    assert re.search(r'id="next-run"[^>]*href="/jobs/3\?tab=log"', page)
    assert re.search(r'id="previous-run"[^>]*aria-disabled', house.page("/jobs/1"))


def test_figures_of_a_run_are_drawn_over_its_time_with_the_other_run_moved_upon_it(house: House):
    """Both begin at the same moment; the table without a script tells of this one alone."""
    house.send(run("1", items=2, at_ms=NOW_MS - 7_200_000))
    house.send(run("2", items=4, at_ms=NOW_MS - 3_600_000))

    page = house.page("/jobs/2?tab=metrics&compare=1")
    chart = json.loads(Tags(page).blocks["page"])["charts"]["items"]
    mine, other = chart["figure"]["data"]

    begin = NOW_MS - 3_600_000
    assert chart["span"] == [begin - begin % 5_000, begin + 60_000]
    assert other["meta"]["token"] == "--text-faint"
    assert min(other["x"]) >= chart["span"][0] - 10_000
    assert sum(filter(None, mine["y"])) == 2 * sum(filter(None, other["y"]))
    assert re.search(r'id="items-table".*?<th scope="col" class="num">Items</th></tr>', page)
    house.page("/jobs/2?tab=metrics&from=now&to=-1h", 400)


def test_what_a_run_counted_in_its_first_moment_is_in_its_legend(house: House):
    """Although the bucket that holds it begins before the run."""
    house.send(run("1", "KeyError", "Banned", at_ms=NOW_MS - NOW_MS % 5_000 + 100))

    legend = house.page("/jobs/1?tab=metrics").partition('id="errors-legend"')[2].partition("</ul>")[0]
    assert re.search(r"Errors\s+<b>2<", legend)


def test_a_part_of_a_run_has_an_address(house: House):
    """And a way back to the whole."""
    house.send(run("1"))

    page = house.page(f"/jobs/1?tab=metrics&from={NOW_MS}&to={NOW_MS + 5_000}")

    assert json.loads(Tags(page).blocks["page"])["charts"]["items"]["span"] == [NOW_MS, NOW_MS + 5_000]
    assert "The whole run" in page


def test_a_run_stands_beside_the_last_completed_one_by_itself(house: House):
    """The one before it, whatever came after or failed between; the very first one stands beside the newest."""
    house.send(run("1"))
    house.send(run("2", "KeyError"))
    house.send([event("job_started", "3", data={"source": "ebay.com", "query": "cards"}), event("job_failed", "3")])
    for job_id in ("4", "5"):
        house.send(run(job_id))
    house.send([event("job_started", "6", data={"source": "etsy.com"})])

    assert '<option value="2" selected>' in house.page("/jobs/4?tab=compare")
    assert '<option value="5" selected>' in house.page("/jobs/1?tab=compare")
    assert "There is no other run of this spider" in house.page("/jobs/6?tab=compare")
    assert " selected>" not in house.page("/jobs/4?tab=metrics").partition('id="compare"')[2].partition("</form>")[0]


def test_errors_of_both_runs_are_of_none_alone(house: House):
    """However many kinds there are, and however rare one of them is in one of the runs."""
    kinds = [f"Kind{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(230)]
    house.send(run("1", *kinds, *kinds[115:]))
    house.send(run("2", *kinds, *kinds[:115]))

    page = house.page("/jobs/2?tab=compare&compare=1")

    assert re.findall(r'alone</h2><span class="meta">(\d+)<', page) == ["0", "0"]


def test_what_differs_in_a_group_s_errors_is_a_mark(house: House):
    """One way on every tab that names groups; what is stored, and what a message holds of markup, stays as it is."""
    house.send(run("1", items=1))
    one = {"kind": "Http", "message": "HTTP 503 <b> of https://ebay.com/itm/5", "url": "https://ebay.com/itm/77"}
    house.send([*run("2", items=1, at_ms=NOW_MS + 60_000), event("error", "2", level=3, data=one)])
    assert house.groups.of_job("2")[0].title == "HTTP {n} <b> of {url}"

    told = 'HTTP <abbr title="a number">#</abbr> &lt;b&gt; of <abbr title="an address">…</abbr>'
    for tab in ("overview", "errors", "compare&compare=1"):
        assert told in house.page(f"/jobs/2?tab={tab}")
    errors = house.page("/jobs/2?tab=errors")
    assert 'title="ebay.com/itm/…">ebay.com/itm/<abbr title="an id">…</abbr>' in errors


def test_a_run_of_a_moment_has_no_mean(house: House):
    """Of 4 items in a tenth of a second, nobody can say how many there are in one."""
    house.send(run("1"))
    started, ended = run("2")[0], event("job_completed", "2", at_ms=NOW_MS + 100, data={"duration": 100})
    house.send([started, *(event(job_id="2", at_ms=NOW_MS + 50) for _ in range(4)), ended])

    assert "0.5 items/s on average" in house.page("/jobs/1")
    assert "on average" not in house.page("/jobs/2")
    with_other = house.page("/jobs/2?tab=compare&compare=1")
    assert re.search(r"<td>Items per second</td><td[^>]*><strong>–</strong></td><td[^>]*>0\.5<", with_other)
