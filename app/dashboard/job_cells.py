"""What the cells of a row of the list say, worked out so that its template only has to put it down.

A page has up to a hundred rows of some forty texts each. So the words that all rows have in common are looked up once a
page, what many rows share (a state, no alert) is written once, and the macro of a row is a `Form`. The twin in
scripts is ``static/js/job-cells.js``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from flask import Flask
from markupsafe import Markup

from app.dashboard import pieces
from app.dashboard.filters import duration, number, percent, rate, short_clock, since
from app.dashboard.forms import Form
from app.dashboard.language import gettext, ngettext, pgettext
from app.dashboard.links import job_path
from app.dashboard.sparks import area, spark, strip
from app.dashboard.wording import STATUSES

FEW: Final = 0.9
"""A share of answered requests below which it is shown as bad."""
SHOWN_TAGS: Final = 3

Runs = Sequence[tuple[str, int]]


class Writer:
    """Writes rows in the language and the zone of the page at hand, `now` being its moment as RFC 3339.

    Args:
        macros: those of ``templates/jobs/row.html``.
    """

    def __init__(self, now: str, macros: Any) -> None:
        self._now = now
        self._tags = macros.tags
        self._runs, self._words = Form(macros.runs), {name: str(word) for name, word in STATUSES.items()}
        self._badge = cache(self._alerts)
        self._select = gettext("Select %(id)s", id="\0")
        self._basis = gettext("Basis: the average pace of this attempt")
        self._in_all = gettext("in all")
        self._of_all = gettext("%(n)s in all", n="\0")
        self._standing = gettext("firing: %(n)s, acknowledged: %(m)s", n="\0", m="\1")
        self._unknown = gettext("The scraper has not said how much there is to do")
        self._unsaid = gettext("The scraper reported no progress")

    def texts(self, found: Mapping[str, Any]) -> dict[str, str]:
        """Those of one row of `app.dashboard.job_rows.rows`, by the names that the macro `of` has for them."""
        job, success = found["job"], found["success"]
        job_id, tags, spider = job["id"], job["tags"], found["spider"]
        return {
            "id": job_id,
            "key": str(found["key"]),
            "status": job["status"],
            "state": pieces.status(job["status"]),
            "path": job_path(job_id),
            "name": job["source"] or job_id,
            "query": job["query"] or "",
            "select": self._select.replace("\0", job_id),
            "ident": pieces.ident(job_id),
            "tags": self._tags(tags[:SHOWN_TAGS], tags[SHOWN_TAGS:]) if tags else "",
            **self._badge(**found["alerts"]),
            "pin_hidden": "" if job["pinned"] else " hidden",
            **self._bar(job),
            **amount(job, self._now),
            "basis": self._basis if job["eta"] else "",
            "eta_is": pieces.dated(job["eta"]),
            "eta": short_clock(job["eta"]),
            **pace(found["pace"], job["itemsPerSecond"] if job["startedAt"] else None),
            "success": percent(success, 1),
            "success_unit": "" if success is None else "%",
            "failing": " bad" if success is not None and success < FEW else "",
            **self._errors(job["errors"], found["recent"]),
            "last_is": pieces.dated(job["lastEventAt"]),
            "last": since(job["lastEventAt"], self._now),
            "late": " is-late" if found["late"] else "",
            "runs": self._runs.filled(strip_of(spider, found["runs"], self._words)) if found["runs"] else "",
        }

    def _bar(self, job: Mapping[str, Any]) -> dict[str, str]:
        ratio, over = job["progress"]["ratio"], job["finishedAt"] is not None
        if ratio is None:
            return {"width": "100.00" if over else "0.00", "bar": self._unsaid if over else self._unknown}
        return {"width": f"{ratio * 100:.2f}", "bar": f"{percent(ratio)} %"}

    def _errors(self, total: int, recent: int | None) -> dict[str, str]:
        shown = total if recent is None else recent
        return {
            "errors": number(shown),
            "errors_title": self._of_all.replace("\0", number(total)),
            "errors_unit": self._in_all if recent is None and total else "",
            "erring": " bad" if shown else "",
        }

    def _alerts(self, firing: int, acknowledged: int, path: str) -> dict[str, str]:
        return {
            "alerts": number(firing + acknowledged),
            "alerts_path": path,
            "alerts_title": self._standing.replace("\0", str(firing)).replace("\1", str(acknowledged)),
            "alerts_hidden": "" if firing + acknowledged else " hidden",
            "alerts_acked": "" if firing else " acked",
        }


def written(rows: Iterable[Mapping[str, Any]], now: str, macros: Any) -> Markup:
    """All these rows of `app.dashboard.job_rows.rows`, by the macros of ``templates/jobs/row.html``."""
    form, writer = Form(macros.of), Writer(now, macros)
    return Markup("").join(form.filled(writer.texts(one)) for one in rows)


def pace(values: Sequence[float] | None, per_s: float | None) -> dict[str, str]:
    """Items per second: the curve of five minutes, which one that has ended or waits has none of, and the figure."""
    moves = bool(values) and max(values or ()) > 0
    curve = spark(values or ()) if moves else _flat(len(values or ()))
    return {
        "curve": curve,
        "area": area(curve),
        "pace_idle": "" if moves else " idle",
        "pace_hidden": " hidden" if values is None else "",
        "rate": rate(per_s),
    }


def strip_of(spider: str, runs: Runs, words: Mapping[str, str]) -> dict[str, str]:
    """The last runs of a spider: the search for them, what they say (by the states' words), and a path of each kind."""
    numbers = Counter(status for status, _ in runs)
    paths = "".join(f'<path class="{kind}" d="{path}"/>' for kind, path in strip(runs).items())
    return {
        "search": quote(f"spider:{quoted(spider)}", safe="/"),
        "said": ", ".join(f"{word} {numbers[name]}" for name, word in words.items() if name in numbers),
        "paths": Markup(paths),  # noqa: S704  (names and numbers of our own)
    }


def amount(job: Mapping[str, Any], now: str) -> dict[str, str]:
    """What stands under a job's bar: a `figure`, its `noun`, and on the right a `share`; and what is `left` to its end.

    As long as it runs that is how much of its total is done; without one, and at the end, how many items it has.
    """
    progress, over = job["progress"], job["finishedAt"] is not None
    share = "" if progress["ratio"] is None else f"{percent(progress['ratio'])} %"
    left = "" if job["eta"] is None else pgettext("ends", "in %(span)s", span=since(now, job["eta"]))
    if progress["total"] is not None and not over:
        noun = f"/ {number(progress['total'])} {progress['unit'] or ''}".strip()
        return {"figure": number(progress["done"] or 0), "noun": noun, "share": share, "left": left}
    noun = ngettext("item", "items", job["items"])
    share = duration(job["duration"]) if over and job["duration"] is not None else share
    return {"figure": number(job["items"]), "noun": noun, "share": share, "left": left}


def quoted(text: str) -> str:
    """A text as one value of a search."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@cache
def _flat(steps: int) -> str:
    return spark([0.0] * steps)


def install(app: Flask) -> None:
    """Make rows known to every template."""
    app.add_template_filter(written)
