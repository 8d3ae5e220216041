"""Asks the API whatever its document allows, and what it does not: schemathesis, with its settings and its complaints.

An answer is complained of that is a server's error, that the document does not tell of in status, media type or shape,
or that takes what the document forbids. What is left aside, and why:

- who may ask what is tried for every address in `tests/accounts/test_every_address.py`, and a run of wrong passwords is
  rightly answered by 429;
- a valid shape may be refused all the same: that a metric exists, no shape says;
- an event that is invalid is no invalid message: it is answered by 207, which says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import schemathesis
from schemathesis import engine
from schemathesis.engine.events import NonFatalError, ScenarioFinished

from tests.server import Server

REFUSALS = ["400", "401", "403", "404", "405", "409", "413", "414", "415", "429", "431", "503"]
EVENTS = "POST /api/v1/events"


@dataclass(frozen=True, kw_only=True)
class Form:
    """How thoroughly it is asked.

    Attributes:
        examples: random requests an operation, of valid ones and of invalid ones.
        boundaries: whether every limit is tried from both sides.
        without: operations that are not asked.
        seed: of the random ones.
        seconds: after which it is enough; None for never.
    """

    examples: int = 0
    boundaries: bool = False
    without: tuple[str, ...] = ()
    seed: int = 1
    seconds: int | None = None


def complaints(server: Server, document: dict[str, Any], token: str, form: Form) -> tuple[list[str], int]:
    """What is wrong with the answers, each with the command that shows it, and how many there were."""
    found: dict[str, str] = {}
    asked = 0
    for event in engine.from_schema(_schema(server, document, token, form)).execute():
        if isinstance(event, NonFatalError):
            found[str(event.info)] = ""
        if isinstance(event, ScenarioFinished):
            asked += len(event.recorder.cases)
            found |= dict(_failures(event.recorder))
    return [f"{what}\n  {command}" for what, command in found.items()], asked


def _failures(recorder: Any) -> Iterator[tuple[str, str]]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                case = recorder.cases[case_id].value
                failure = check.failure_info.failure
                told = f"{case.operation.label}, {check.name}: {failure.title}: {failure.message[:500]}"
                yield told, case.as_curl_command()[:1_000]


def _schema(server: Server, document: dict[str, Any], token: str, form: Form) -> Any:
    config = schemathesis.Config.from_dict(
        {
            "seed": form.seed,
            **({"max-time": form.seconds} if form.seconds else {}),
            "base-url": server.address,
            "headers": {"Authorization": f"Bearer {token}"},
            "workers": 1,
            "continue-on-failure": True,
            "generation": {
                "max-examples": max(1, form.examples),
                "deterministic": form.seed == 1,
                "database": "none",
                "with-security-parameters": False,
            },
            "phases": {
                "examples": {"enabled": True},
                "coverage": {"enabled": form.boundaries, "unexpected-methods": ["TRACE"]},
                "fuzzing": {"enabled": form.examples > 0},
                "stateful": {"enabled": False},
            },
            "checks": {
                "negative_data_rejection": {"expected-statuses": REFUSALS},
                "positive_data_acceptance": {"enabled": False},
                "ignored_auth": {"enabled": False},
                "allow_header_conformance": {"enabled": False},
            },
            "operations": [
                {
                    "include-name": EVENTS,
                    "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSALS, "207"]}},
                }
            ],
        }
    )
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.hook(filter_query)
    return schema.exclude(name=list(form.without)) if form.without else schema


def filter_query(_context: Any, query: dict[str, Any] | None) -> bool:
    """Leave out what is empty, and lists with empty words: it is as if they were not given, which no shape says."""
    return not any(_has_gap(value) for value in (query or {}).values())


def _has_gap(value: Any) -> bool:
    words = value if isinstance(value, list) else [value]
    return not words or any("" in str(word).split(",") for word in words if word is not None)
