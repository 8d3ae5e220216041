"""The sentences that scripts say, in the page's language; they travel in the page's JSON block.

A script names a sentence by its key; ``{name}`` in it is filled in there. Where a number decides the form, there are
two, `one` and `other`.
"""

from functools import cache

from app.dashboard.language import gettext, locale, pgettext

Sentence = str | dict[str, str]


def sentences() -> dict[str, Sentence]:
    """Key to sentence, or to its plural forms."""
    return _sentences(locale())


@cache
def _sentences(_language: str) -> dict[str, Sentence]:
    """They are the same on all pages of a language, which is the one that is spoken."""
    parts = (_spans(), _connection(), _counts(), _actions(), _job(), _dashboard(), _jobs(), _export(), _keys())
    return {key: sentence for part in parts for key, sentence in part.items()}


def _spans() -> dict[str, Sentence]:
    return {
        "ms": gettext("{n} ms"),
        "seconds": gettext("{seconds} s"),
        "minutes": gettext("{minutes} min"),
        "minutesSeconds": gettext("{minutes} min {seconds} s"),
        "hours": gettext("{hours} h"),
        "hoursMinutes": gettext("{hours} h {minutes} min"),
        "days": gettext("{days} d"),
        "daysHours": gettext("{days} d {hours} h"),
        "ageSeconds": gettext("{n} s"),
        "ageMinutes": gettext("{n} min"),
        "ageHours": gettext("{n} h"),
        "ageDays": gettext("{n} d"),
        "took": gettext("in {span}"),
        "endsIn": pgettext("ends", "in {span}"),
    }


def _connection() -> dict[str, Sentence]:
    return {
        "live": gettext("Live"),
        "polling": gettext("Live, polling"),
        "connecting": gettext("Connecting"),
        "stale": gettext("Stale since {time}"),
        "catchingUp": gettext("Catching up"),
        "noNetwork": gettext("No network"),
        "nextTry": gettext("Next try in {n} s"),
        "tries": gettext("Trying to reach the server"),
        "tryNow": gettext("Try now"),
        "signedOut": gettext("Signed out"),
        "signInAgain": gettext("Your session has ended."),
        "reload": gettext("Sign in again"),
    }


def _counts() -> dict[str, Sentence]:
    return {
        "firing": {"one": gettext("{n} firing"), "other": gettext("{n} firing")},
        "noneFiring": gettext("None firing"),
        "evaluatedAgo": gettext("Alerts were last evaluated {age} ago."),
        "neverEvaluated": gettext("Alerts have not been evaluated so far."),
        "alertsFire": {"one": gettext("{n} alert fires"), "other": gettext("{n} alerts fire")},
        "alertsOver": {"one": gettext("{n} is over"), "other": gettext("{n} are over")},
        "earlier": {"one": gettext("{n} earlier message"), "other": gettext("{n} earlier messages")},
        "andMore": {"one": gettext("{n} more"), "other": gettext("{n} more")},
        "newJobs": {"one": gettext("{n} new job"), "other": gettext("{n} new jobs")},
        "newLines": {"one": gettext("Latest, {n} new line"), "other": gettext("Latest, {n} new lines")},
        "newItems": {"one": gettext("{n} new item"), "other": gettext("{n} new items")},
        "newErrors": {"one": gettext("{n} new error"), "other": gettext("{n} new errors")},
        "newEvents": {"one": gettext("{n} new event"), "other": gettext("{n} new events")},
        "latest": gettext("Latest"),
        "hits": {"one": gettext("{n} hit"), "other": gettext("{n} hits")},
        "hitOf": gettext("{at} of {n}"),
        "queued": gettext("{n} queued"),
        "busy": gettext("of {n} busy"),
        "items": {"one": gettext("{n} item"), "other": gettext("{n} items")},
        "itemNoun": {"one": gettext("item"), "other": gettext("items")},
    }


def _actions() -> dict[str, Sentence]:
    return {
        "accepted": gettext("Accepted"),
        "notAccepted": gettext("Not accepted"),
        "copied": gettext("Copied"),
        "notCopied": gettext("The browser did not allow copying"),
        "copyByHand": gettext("Select the text and copy it by hand."),
        "stalled": gettext("alive, but nothing new"),
        "tagAdded": gettext("{name} added the tag {tags}"),
        "tagRemoved": gettext("{name} removed the tag {tags}"),
        "jobPinned": gettext("{name} pinned the job"),
        "jobUnpinned": gettext("{name} unpinned the job"),
        "pin": gettext("Pin"),
        "pinned": gettext("Pinned"),
        "toPin": gettext("Keep its events until it is unpinned"),
        "isPinned": gettext("Pinned: its events are kept"),
        "stalledFor": gettext("alive, but nothing new for {span}"),
        "lost": gettext("silent"),
        "lostFor": gettext("silent for {span}"),
    }


def _job() -> dict[str, Sentence]:
    return {
        "noTotal": gettext("The scraper has not said how much there is to do"),
        "noProgress": gettext("The scraper reported no progress"),
        "of": gettext("of"),
        "basis": gettext("Basis: the average pace of this attempt"),
        "basisOfTwo": gettext("Basis: the pace of this attempt and of the last 5 min"),
        "basisOpen": gettext("Basis: the pace of this attempt; nothing is done at present"),
        "ends": gettext("ends about {time}"),
        "endsBetween": gettext("ends {first}–{last}"),
        "endsAfter": gettext("ends after {time}"),
        "ended": gettext("ended {time}"),
        "running": gettext("running {span}"),
        "tookSpan": gettext("took {span}"),
        "waits": gettext("waits to start"),
        "unknownEnd": gettext("end unknown"),
        "per": gettext("per {span}"),
        "worker": gettext("worker {name}"),
        "says": gettext("scraper says {n}"),
        "lastMinute": gettext("last minute"),
        "retried": gettext("{n} retried"),
        "failed": gettext("{n} failed"),
        "under": gettext("95 % under {n} ms"),
    }


def _jobs() -> dict[str, Sentence]:
    return {
        "alertsOf": gettext("firing: {n}, acknowledged: {m}"),
        "inAll": gettext("{n} in all"),
        "inTotal": gettext("in all"),
        "pause": gettext("Pause"),
        "resume": gettext("Resume"),
        "resumeMore": gettext("Resume, {n} changed"),
        "chosen": {"one": gettext("{n} job selected"), "other": gettext("{n} jobs selected")},
    }


def _dashboard() -> dict[str, Sentence]:
    return {
        "time": gettext("Time"),
        "series": gettext("Series"),
        "value": gettext("Value"),
        "tableCut": gettext("The newest {shown} of {all} rows; the CSV has them all."),
        "notSaved": gettext("The chart could not be saved as an image"),
        "selected": gettext("“{name}” selected"),
        "newPanel": gettext("New panel"),
        "colourTwice": gettext("is the name of two colours"),
        "remove": gettext("Remove the panel “{name}”?"),
        "unsaved": {"one": gettext("{n} change not saved"), "other": gettext("{n} changes not saved")},
        "notDone": gettext("The server did not do it"),
        "notRenewed": gettext("What is shown is not up to date: {why}"),
    }


def _export() -> dict[str, Sentence]:
    return {
        "rowsOf": gettext("{n} of {all} rows"),
        "notExported": gettext("The export broke off"),
        "exportAgain": gettext("Try it again, or download it with the script turned off."),
    }


def _keys() -> dict[str, Sentence]:
    return {
        "rowsByKey": gettext("Next and previous row"),
        "selectRow": gettext("Select the row"),
        "searchHistory": gettext("Search the history"),
        "keyList": gettext("This list"),
        "movePanel": gettext("Move the panel that has the focus"),
        "resizePanel": gettext("Resize it, with Shift"),
        "removePanel": gettext("Remove it"),
    }
