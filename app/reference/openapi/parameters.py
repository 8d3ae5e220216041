"""The parameters that several lists share: what `app.queries` reads, within the limits that it has."""

from collections.abc import Iterable
from typing import Final

from app.metrics.series import AGGREGATIONS
from app.queries import MAX_LIMIT
from app.reference.openapi.operation import Parameter
from app.reference.shapes import about, listed, one_of, text, whole
from scrapewatch.events import EVENTS, LEVELS

_TEXT = text(most=1_000)
_TIME = about(
    text(),
    "RFC 3339, also without seconds (`2026-11-23T14:32Z`), no zone is UTC; ms since 1970; `now`; or a time ago like "
    "`-15m` or `-7d`",
)

LIMIT: Final = Parameter(
    name="limit", about="how many at most; 100 unless it says otherwise", schema=whole(1, MAX_LIMIT), example=20
)
NEXT: Final = Parameter(name="next", about="goes on where a page ended: the `next` of that page", schema=text())
FROM: Final = Parameter(name="from", about="not before this time", schema=_TIME, example="-24h")
TO: Final = Parameter(name="to", about="not after this time", schema=_TIME, example="now")
JOB: Final = Parameter(name="job", about="of this job", schema=_TEXT, example="123")
SOURCE: Final = Parameter(name="source", about="of jobs with this source", schema=_TEXT, example="ebay.com")
Q: Final = Parameter(name="q", about="with these words in it", schema=_TEXT, example="timeout")
LEVEL: Final = Parameter(
    name="level",
    about="errors and logs of this level or above; events of other types are left out",
    schema=one_of(LEVELS),
)
STEP: Final = Parameter(
    name="step",
    about="how wide a point is: ms, or like `30s`, `5m`, `1h`; chosen by the span otherwise",
    schema=text(),
    example="5m",
)
AGG: Final = Parameter(
    name="agg",
    about="what is told of each step; of a counter `sum`, else `avg`",
    schema=one_of(AGGREGATIONS),
    example="avg",
)
BY: Final = Parameter(
    name="by", about="labels by whose values lines are told apart, by comma", schema=_TEXT, example="source"
)
NAME: Final = Parameter(
    name="name",
    about="a metric of the catalogue or of your own, perhaps with labels in braces",
    schema=text(1, 1_000),
    is_required=True,
    example='items{source="ebay.com"}',
)
TRANSFORM: Final = Parameter(
    name="transform", about="what is done to the lines, see docs/transforms.md", schema=text(), example="rate | sum"
)


def words(name: str, said: str, known: Iterable[str], example: str) -> Parameter:
    """Some of the words, by comma."""
    return Parameter(name=name, about=f"{said}; several by comma", schema=listed(one_of(known)), example=[example])


TYPE: Final = words("type", "of this type", EVENTS, "item_scraped")
OF_EVENTS: Final = (JOB, SOURCE, TYPE, LEVEL, Q, FROM, TO)
"""The filters of the history."""
OF_LINES: Final = (NAME, FROM, TO, STEP, AGG, BY, JOB, SOURCE, TRANSFORM)
"""What a query of series is made of."""
