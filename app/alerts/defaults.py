"""The rules that a new house begins with, in the form in which anybody writes one."""

from typing import Final

from app.alerts.rules import parse

DEFAULTS: Final = tuple(
    parse(config)
    for config in (
        {
            "name": "high_failure_rate",
            "condition": {"metric": "jobs.failureRate", "operator": ">", "threshold": 0.1},
            "severity": "warning",
            "channels": ["slack", "email"],
            "cooldown": 300_000,
            "minSamples": 5,
        },
        {
            "name": "system_overload",
            "condition": {"metric": "system.cpu.usage", "operator": ">", "threshold": 0.8},
            "severity": "critical",
            "channels": ["slack", "email", "sms"],
            "cooldown": 60_000,
            "minSamples": 5,
        },
    )
)
