"""Who is told what and when, by a table of incidents and times."""

from dataclasses import replace

import pytest

from app.alerts.incidents import Draft
from app.alerts.rules import parse
from app.alerts.telling import due, is_cooling, tell
from app.storage.base_alerts import Incident, Instance
from tests.alerts.conftest import CONFIG
from tests.fakes import NOW_MS

HOUR_MS = 3_600_000
RULE = parse(
    {**CONFIG, "groupWait": 10_000, "repeatInterval": HOUR_MS, "maxReminders": 2, "channels": ["slack", "sms"]}
)
NEW = Incident(
    rule_id=7, rule="backlog", severity="warning", started_at=NOW_MS, opened_at=NOW_MS, value=20, peak=20, joined=1
)
TOLD = replace(
    NEW, told="firing", told_at=NOW_MS, told_severity="warning", channels=("slack", "sms"), joined=0, sequence=1
)
ACKED = replace(TOLD, state="acknowledged", acked_by="ana", acked_at=NOW_MS)
OVER = replace(TOLD, state="resolved", ended_at=NOW_MS + 90_000, reason="recovered", value=3, members=0)
AGAIN = replace(NEW, told="resolved", told_at=NOW_MS - 50_000, last_ended_at=NOW_MS - 20_000, again=1)
ONE = Instance(rule_id=7, labels=(), state="firing", value=20, peak=20)


@pytest.mark.parametrize(
    ("incident", "after_ms", "kind"),
    [
        (NEW, 9_999, ""),
        (NEW, 10_000, "firing"),
        (NEW, -300_000, "firing"),
        (TOLD, HOUR_MS - 1, ""),
        (TOLD, HOUR_MS, "reminder"),
        (replace(TOLD, reminders=1), HOUR_MS, "reminder"),
        (replace(TOLD, reminders=2), HOUR_MS, ""),
        (replace(TOLD, joined=3), 1, "update"),
        (replace(TOLD, severity="error"), 1, "update"),
        (replace(TOLD, severity="info"), 1, ""),
        (AGAIN, 10_000, "firing"),
    ],
    ids=[
        "new ones wait for company", "and are told then", "a clock set back delays nothing", "nothing new",
        "a reminder", "another one", "no more than that", "others joined", "it got worse", "it got better",
        "it is back",
    ],
)  # fmt: skip
def test_what_an_open_incident_would_tell(incident: Incident, after_ms: int, kind: str):
    """Company, news and time make a notice."""
    assert due(RULE, incident, NOW_MS + after_ms) == kind


@pytest.mark.parametrize(
    ("incident", "after_ms", "cooling"),
    [
        (TOLD, 59_999, True),
        (TOLD, 60_000, False),
        (TOLD, -300_000, False),
        (AGAIN, 10_000, True),
        (AGAIN, 39_999, True),
        (AGAIN, 40_000, False),
    ],
    ids=["too soon", "long enough", "a clock set back", "back, too soon", "still", "a cooldown after it had ended"],
)
def test_the_cooldown_is_the_least_gap_between_problems(incident: Incident, after_ms: int, cooling: bool):
    """Since the last notice of a problem, or since the end before it came again."""
    assert is_cooling(RULE, incident, NOW_MS + after_ms) is cooling


@pytest.mark.parametrize(
    ("incident", "after_ms", "muted", "reason"),
    [
        (NEW, 10_000, "inhibited by outage", "inhibited by outage"),
        (NEW, 10_000, "silence 4: deploying", "silence 4: deploying"),
        (replace(TOLD, joined=1), 1, "", "cooldown"),
        (ACKED, HOUR_MS, "", "acknowledged by ana"),
        (replace(ACKED, joined=2), 1, "", "acknowledged by ana"),
        (replace(AGAIN, opened_at=NOW_MS - 10_000), 0, "", "cooldown"),
    ],
    ids=["inhibited", "silenced", "too soon", "a reminder of what is looked after", "covered members", "back too soon"],
)
def test_what_keeps_a_notice_back_is_written_once(incident: Incident, after_ms: int, muted: str, reason: str):
    """Nothing goes out, and the timeline says why; five seconds later it says nothing more."""
    draft = Draft(incident, incident)
    tell(RULE, draft, [ONE], muted, NOW_MS + after_ms)

    assert draft.outgoing == []
    assert [entry.detail["reason"] for entry in draft.entries if entry.kind == "suppressed"] == [reason]
    later = Draft(draft.incident, draft.incident)
    tell(RULE, later, [ONE], muted, NOW_MS + after_ms + 1)
    assert not [entry for entry in later.entries if entry.kind == "suppressed"]


def test_a_notice_goes_to_every_channel_of_the_rule():
    """One each; who heard is remembered."""
    draft = Draft(NEW, None)
    tell(RULE, draft, [ONE], "", NOW_MS + 10_000)

    assert [(notice.kind, notice.channel) for notice in draft.outgoing] == [("firing", "slack"), ("firing", "sms")]
    told = draft.incident
    assert (told.told, told.told_at, told.channels, told.sequence) == ("firing", NOW_MS + 10_000, ("slack", "sms"), 1)


def test_what_was_kept_quiet_is_told_when_it_may():
    """The silence ends, and the incident still is there."""
    draft = Draft(NEW, None)
    tell(RULE, draft, [ONE], "silence 4: deploying", NOW_MS + 10_000)
    tell(RULE, draft, [ONE], "", NOW_MS + 600_000)

    assert [entry.kind for entry in draft.entries] == ["muted", "suppressed", "unmuted", "notice"]
    assert [notice.kind for notice in draft.outgoing] == ["firing", "firing"]


@pytest.mark.parametrize("muted", ["", "silence 4: deploying"])
def test_the_end_is_told_to_those_who_heard_of_the_beginning(muted: str):
    """And to no other, though the rule names others by now; a silence keeps nobody waiting for it."""
    draft = Draft(OVER, OVER)
    rule = replace(RULE, channels=("slack", "pager"))
    tell(rule, draft, [], muted, NOW_MS + 90_000)

    assert [(notice.kind, notice.channel) for notice in draft.outgoing] == [("resolved", "slack"), ("resolved", "sms")]
    said = draft.outgoing[0].body
    assert (said["duration"], said["peak"], said["value"], said["reason"]) == (90_000, 20, 3, "recovered")


@pytest.mark.parametrize(
    ("rule", "incident"),
    [
        (RULE, replace(OVER, told="")),
        (RULE, replace(OVER, told="resolved")),
        (replace(RULE, send_resolved=False), OVER),
    ],
    ids=["nobody heard of it", "told already", "the rule does not want it"],
)
def test_an_end_that_is_not_told(rule, incident: Incident):
    """An end without a beginning says nothing."""
    draft = Draft(incident, incident)
    tell(rule, draft, [], "", NOW_MS + 90_000)

    assert draft.outgoing == []


@pytest.mark.parametrize(
    ("condition", "told"),
    [(CONFIG["condition"], ["sms"]), ({"event": "job_lost"}, ["sms"]), ({"event": "job_failed"}, [])],
    ids=["a figure", "what lasts", "what happens at one moment"],
)
def test_a_channel_may_insist_on_the_end(condition, told: list[str]):
    """Though the rule does not tell it; the timeline says what went where, and that the others were not told."""
    rule = parse({**RULE.config, "condition": condition, "sendResolved": False})
    draft = Draft(OVER, OVER)
    tell(rule, draft, [], "", NOW_MS + 90_000, lambda: {"sms", "pager"})

    assert [(notice.kind, notice.channel) for notice in draft.outgoing] == [("resolved", channel) for channel in told]
    assert [notice.body["sendResolved"] for notice in draft.outgoing] == [False for _ in told]
    lines = [(entry.kind, entry.detail.get("channels")) for entry in draft.entries]
    assert lines == [("suppressed", None), *[("notice", told) for _ in told]]


def test_an_acknowledgement_ends_at_its_time():
    """Then it fires like any other, and a reminder that was due is sent."""
    acked = replace(ACKED, acked_until=NOW_MS + HOUR_MS)
    draft = Draft(acked, acked)
    tell(RULE, draft, [ONE], "", NOW_MS + HOUR_MS)

    assert (draft.incident.state, draft.incident.acked_by) == ("firing", None)
    assert [entry.kind for entry in draft.entries] == ["ack_ended", "notice"]
    assert draft.outgoing[0].kind == "reminder"


def test_a_reminder_counts_and_does_not_begin_anew():
    """The second of two is the last one."""
    draft = Draft(TOLD, TOLD)
    kinds = []
    for hour in range(1, 5):
        before = len(draft.outgoing)
        tell(RULE, draft, [ONE], "", NOW_MS + hour * HOUR_MS)
        kinds.append([notice.kind for notice in draft.outgoing[before:]][:1])

    assert kinds == [["reminder"], ["reminder"], [], []]


def test_a_rule_without_channels_tells_the_page_alone():
    """The incident counts as told, so that it is announced."""
    draft = Draft(NEW, None)
    tell(replace(RULE, channels=()), draft, [ONE], "", NOW_MS + 10_000)

    assert (draft.incident.told, draft.outgoing) == ("firing", [])
