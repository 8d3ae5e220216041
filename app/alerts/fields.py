"""The fields of a rule, one row each: what the reference page is printed from and a form may be drawn from.

To add one, add a row, and read it in `app.alerts.rules.parse`.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """A row.

    Attributes:
        default: what it is where it is left out, in words; "" where it must be given.
        help: what it says, one phrase.
    """

    name: str
    default: str
    help: str


FIELDS: Final = {
    row.name: row
    for row in (
        Field("name", "", "what incidents and notices call it; no other rule's"),
        Field("condition", "", "what it holds against the world, see below"),
        Field("severity", "", "`info`, `warning`, `error` or `critical`"),
        Field("channels", "", "names of channels; one that does not exist yet may be made later"),
        Field("cooldown", "", "the least gap between two messages that something is wrong; never delays the end"),
        Field("enabled", "`true`", "a paused rule resolves its incidents"),
        Field("scope", "by the metric", "`global`, or labels by which it is told apart: each set of values is watched"),
        Field("groupBy", "none", "labels of the scope by which incidents are told apart; by default all share one"),
        Field("window", "the live figure", "how far back is looked, where that is stored; then 60000 by default"),
        Field("aggregation", "`avg`, of a counter `sum`", "what is compared of the window"),
        Field("minSamples", "1, of a ratio 5", "of fewer samples nothing is concluded"),
        Field("for", "0", "how long the condition must hold until it fires"),
        Field("keepFiringFor", "120000", "how long it must no longer hold until it is over"),
        Field("resolveThreshold", "the threshold", "where it no longer holds, on the good side of the threshold"),
        Field("noData", "`keep`", "what lasting silence is taken for: `keep` (no news), `ok` or `alert`"),
        Field("staleAfter", "180000", "when silence lasts, for `noData`"),
        Field("repeatInterval", "4 h, for critical 1 h", "until a reminder, and between two; 0 for none"),
        Field("maxReminders", "0", "how many reminders an incident may have; 0 is no limit"),
        Field("sendResolved", "`true`; `false` for what happens at one moment", "whether the end is told"),
        Field("groupWait", "10000 with a scope, else 0; 0 for critical", "how long the first message waits for others"),
        Field("inhibits", "none", "names of rules that are quiet while this one fires, for equal labels or fewer"),
        Field("labels", "none", "told with each notice; silences match them"),
        Field("summary", "the condition in words", "what a notice says first"),
        Field("runbookUrl", "none", "where a notice leads whoever has to act"),
    )
}
