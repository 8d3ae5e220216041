"""Rules in the shape AlertConfig, with the fields of `app.alerts.fields`."""

from typing import Any, Final

from app.alerts import conditions, rules
from app.alerts.backtest import MAX_SHOWN
from app.alerts.fields import FIELDS
from app.alerts.rulebook import MAX_RULES
from app.metrics.series import AGGREGATIONS
from app.reference.openapi.operation import (
    CHANGED,
    DONE,
    ETAG,
    IF_MATCH,
    JSON,
    TAKEN,
    Answer,
    Body,
    Operation,
    Part,
    told,
)
from app.reference.shapes import (
    ANYTHING,
    COUNT,
    NUMBER,
    NUMBERS_BY_NAME,
    TEXT,
    TEXTS_BY_NAME,
    TIME,
    TRUTH,
    Schema,
    about,
    by_name,
    listed,
    maybe,
    number,
    one_of,
    page_of,
    ref,
    text,
    thing,
    whole,
)
from scrapewatch.events import MAX_NUMBER

_FIGURE: Final = number(-MAX_NUMBER, MAX_NUMBER)
_MS: Final = whole(0, rules.MAX_MS)
_LONG: Final = text(1, conditions.MAX_TEXT)
_OF_JOBS: Final = {"source": _LONG, "spider": _LONG, "query": _LONG}


def _names(most: int) -> Schema:
    return listed(text(1, rules.MAX_NAME), most=most)


def _names_or_one(most: int) -> Schema:
    return {"anyOf": [_names(most), text(1, rules.MAX_NAME)]}


def _on(events: tuple[str, ...], **more: Schema) -> Schema:
    fields = {"event": one_of(events), **more, **_OF_JOBS}
    return thing(fields, optional=_OF_JOBS, closed=True)


CONDITION: Final[Schema] = {
    "anyOf": [
        thing(
            {"metric": _LONG, "operator": one_of(conditions.OPERATORS), "threshold": _FIGURE},
            closed=True,
        ),
        _on((*conditions.MOMENTS, *conditions.STATES)),
        _on(("no_item",), after=whole(1_000, conditions.MAX_MS)),
        thing(
            {
                "event": {"const": "job_missing"},
                "spider": _LONG,
                "every": whole(1_000, conditions.MAX_MS),
                "cron": _LONG,
                "timezone": TEXT,
                "grace": whole(0, conditions.MAX_MS),
            },
            optional=("every", "cron", "timezone", "grace"),
            closed=True,
        ),
    ]
}
_KINDS: Final[dict[str, Schema]] = {
    "name": text(1, rules.MAX_NAME),
    "condition": ref("Condition"),
    "severity": one_of(rules.SEVERITIES),
    "channels": _names(rules.MAX_CHANNELS),
    "cooldown": _MS,
    "enabled": TRUTH,
    "scope": _names_or_one(rules.MAX_SCOPE),
    "groupBy": _names_or_one(rules.MAX_SCOPE),
    "window": whole(5_000, rules.MAX_WINDOW_MS),
    "aggregation": one_of(AGGREGATIONS),
    "minSamples": whole(1, 1_000_000),
    "for": _MS,
    "keepFiringFor": _MS,
    "resolveThreshold": _FIGURE,
    "noData": one_of(rules.NO_DATA),
    "staleAfter": _MS,
    "repeatInterval": _MS,
    "maxReminders": whole(0, 1_000),
    "sendResolved": TRUTH,
    "groupWait": _MS,
    "inhibits": _names(rules.MAX_INHIBITS),
    "labels": by_name(text(most=rules.MAX_NAME), most=rules.MAX_LABELS),
    "summary": text(most=rules.MAX_TEXT),
    "runbookUrl": text(most=rules.MAX_TEXT),
}
_MUST: Final = frozenset(name for name, row in FIELDS.items() if not row.default)


def _field(name: str, *, nullable: bool) -> Schema:
    row = FIELDS[name]
    left_out = f"; left out: {row.default}" if row.default else ""
    return about(maybe(_KINDS[name]) if nullable and row.default else _KINDS[name], f"{row.help}{left_out}")


_OURS: Final = {name: about(ANYTHING, "as an answer gave it; ignored") for name in ("id", "version", "sentence")}
_SENT: Final[Schema] = thing(
    {**{name: _field(name, nullable=True) for name in FIELDS}, **_OURS},
    optional={*FIELDS, *_OURS} - _MUST,
    closed=True,
)
_GIVEN: Final[dict[str, Schema]] = {name: _field(name, nullable=False) for name in FIELDS}
_SHOWN: Final[Schema] = thing(
    {
        **_GIVEN,
        "id": COUNT,
        "version": about(COUNT, "changes with every change"),
        "sentence": about(TEXT, "what it watches, in words"),
    },
    optional=FIELDS.keys() - _MUST - {"enabled", "minSamples"},
)
_TRANSITION: Final[Schema] = thing(
    {"at": TIME, "labels": TEXTS_BY_NAME, "from": TEXT, "to": TEXT, "value": maybe(NUMBER)}
)
_PLAYED: Final[Schema] = thing(
    {
        "fired": about(COUNT, "incidents that would have opened"),
        "messages": COUNT,
        "byKind": NUMBERS_BY_NAME,
        "nearMisses": about(COUNT, "how often something pended and did not fire"),
        "open": COUNT,
        "step": about(COUNT, "ms"),
        "transitions": listed(_TRANSITION, most=MAX_SHOWN),
    }
)
_MOMENT: Final[Schema] = about({"type": ["string", "integer"]}, "RFC 3339, ms, `now`, or a time ago like `-24h`")
EXAMPLE: Final[dict[str, Any]] = {
    "name": "many_errors",
    "condition": {"metric": "errors", "operator": ">", "threshold": 20},
    "severity": "warning",
    "channels": ["slack"],
    "cooldown": 300_000,
}
_BODY: Final = Body(about="The rule.", content={JSON: ref("RuleConfig")}, example=EXAMPLE)
_PATH: Final = {"ruleId": 1}
_ONE: Final = {200: told("It.", ref("Rule"), headers=ETAG)}

PART: Final = Part(
    name="Rules",
    about="When to open an incident, and whom to tell: an AlertConfig, with as many of the other fields as you like. "
    "Durations are ms.",
    operations={
        "GET /api/v1/alerts/rules": Operation(
            summary="List rules", answers={200: told("All of them, by name.", page_of(ref("Rule")))}
        ),
        "POST /api/v1/alerts/rules": Operation(
            summary="Make a rule",
            body=_BODY,
            answers={201: told("It, with its id.", ref("Rule"), headers=ETAG)},
            refuses={409: f"{TAKEN} Or there are as many rules as there may be."},
        ),
        "GET /api/v1/alerts/rules/{ruleId}": Operation(summary="Read a rule", path=_PATH, answers=_ONE),
        "PUT /api/v1/alerts/rules/{ruleId}": Operation(
            summary="Replace a rule",
            path=_PATH,
            parameters=(IF_MATCH,),
            body=_BODY,
            answers=_ONE,
            refuses={409: CHANGED},
        ),
        "DELETE /api/v1/alerts/rules/{ruleId}": Operation(
            summary="Delete a rule", about="Its incidents are over at the next evaluation.", path=_PATH, answers=DONE
        ),
        "POST /api/v1/alerts/rules/backtest": Operation(
            summary="Try a rule on the past",
            about="What it would have done over what is stored, by 30 days at most. Nothing is kept of it.",
            body=Body(
                about="A rule on a metric, and a span; the last 24 hours unless it says otherwise.",
                content={
                    JSON: thing({"rule": ref("RuleConfig"), "from": _MOMENT, "to": _MOMENT}, optional=("from", "to"))
                },
                example={"rule": EXAMPLE, "from": "-7d"},
            ),
            answers={200: told("What would have happened.", ref("Backtest"))},
        ),
        "GET /api/v1/alerts/rules/export": Operation(
            summary="Take all rules out",
            answers={
                200: Answer(
                    about="As a list that `import` takes.",
                    content={JSON: listed(thing(_GIVEN, optional=FIELDS.keys() - _MUST))},
                    headers={"Content-Disposition": "the name of the file"},
                )
            },
        ),
        "POST /api/v1/alerts/rules/import": Operation(
            summary="Bring rules in",
            about="Each takes the place of the one of its name, if there is one. All are taken, or none.",
            body=Body(
                about="A list of rules.",
                content={JSON: listed(ref("RuleConfig"), most=MAX_RULES)},
                example=[EXAMPLE],
            ),
            answers={200: told("Those that were taken.", page_of(ref("Rule")))},
            refuses={409: "One of them has changed meanwhile, or they are more than there may be."},
        ),
    },
    schemas={"Rule": _SHOWN, "RuleConfig": _SENT, "Condition": CONDITION, "Backtest": _PLAYED},
)
