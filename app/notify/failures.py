"""What went wrong before a receiver said anything, as it is stored with each try; pages say it in their language."""

from typing import Final

from app.core.said import phrase

NO_ANSWER: Final = phrase("No answer within %(span)s s.")
NO_CERTIFICATE: Final = phrase("Its certificate does not hold: %(why)s.")
BROKEN: Final = phrase("The connection failed: %(why)s.")
UNREACHED: Final = phrase("%(host)s port %(port)s can't be reached: %(why)s.")
PRIVATE: Final = phrase("%(host)s is at %(address)s, which is not public; see NOTIFY_ALLOW_PRIVATE.")
SLOWLY_RESOLVED: Final = phrase("The name %(host)s was not resolved in time.")
UNRESOLVED: Final = phrase("The name %(host)s can't be resolved: %(why)s.")
NOWHERE: Final = phrase("There is no channel %(name)s.")
SLOW: Final = phrase("Slow: %(done)s of %(all)s have it so far.")
OURS: Final = phrase("Something went wrong here (%(kind)s); the server's log knows what.")
NO_ENDS: Final = phrase("This channel does not want to hear of ends.")
NO_END: Final = phrase("The rule tells no end, and this channel leaves it to the rule.")

FAILURES: Final = (
    NO_ANSWER,
    NO_CERTIFICATE,
    BROKEN,
    UNREACHED,
    PRIVATE,
    SLOWLY_RESOLVED,
    UNRESOLVED,
    NOWHERE,
    SLOW,
    OURS,
    NO_ENDS,
    NO_END,
)
