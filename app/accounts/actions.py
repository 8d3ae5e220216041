"""What stands in the audit log: every action that leaves a line, and what it is called in words.

To add one, add its row; then hand an `Actor` to whatever does it, and let it do so through `app.accounts.audit`.
"""

from typing import Final

from app.core.said import phrase

ACTIONS: Final[dict[str, str]] = {
    "login": phrase("signed in"),
    "login.failed": phrase("failed to sign in"),
    "logout": phrase("signed out"),
    "session.end": phrase("ended a session"),
    "user.create": phrase("made a user"),
    "user.invite": phrase("made a link to choose a password"),
    "user.uninvite": phrase("withdrew a link to choose a password"),
    "user.role": phrase("changed a role"),
    "user.disable": phrase("shut a user out"),
    "user.enable": phrase("let a user back in"),
    "user.password": phrase("changed a password"),
    "token.create": phrase("made a token"),
    "token.revoke": phrase("revoked a token"),
    "token.allow": phrase("changed where a token is taken from"),
    "rule.create": phrase("made a rule"),
    "rule.change": phrase("changed a rule"),
    "rule.delete": phrase("deleted a rule"),
    "silence.create": phrase("made a silence"),
    "silence.change": phrase("changed a silence"),
    "silence.delete": phrase("ended a silence"),
    "incident.acknowledge": phrase("acknowledged an incident"),
    "channel.create": phrase("made a channel"),
    "channel.change": phrase("changed a channel"),
    "channel.delete": phrase("deleted a channel"),
    "channel.test": phrase("tested a channel"),
    "notice.retry": phrase("sent a notice again"),
    "dashboard.create": phrase("made a dashboard"),
    "dashboard.change": phrase("changed a dashboard"),
    "dashboard.delete": phrase("deleted a dashboard"),
    "dashboard.home": phrase("chose the dashboard to begin with"),
    "view.save": phrase("saved a view"),
    "view.delete": phrase("deleted a saved view"),
    "job.tag": phrase("tagged jobs"),
    "job.pin": phrase("pinned jobs"),
    "job.unpin": phrase("took pins of jobs away"),
    "job.delete": phrase("deleted a job"),
    "error.mute": phrase("muted an error"),
    "error.unmute": phrase("took an error as news again"),
    "export.begin": phrase("began an export"),
    "export.end": phrase("ended an export"),
    "backup.create": phrase("made a backup"),
    "backup.restore": phrase("restored a backup"),
    "store.prune": phrase("deleted what is too old"),
    "store.empty": phrase("emptied a store"),
    "server.start": phrase("started the server with other settings"),
    "secrets.rotate": phrase("encrypted secrets anew"),
}
"""Each action, in the past, after whoever did it."""

KINDS: Final = (
    "user", "token", "session", "rule", "silence", "incident", "channel", "notice", "dashboard", "view", "job", "error",
    "export", "backup",
)  # fmt: skip
"""What something may be done to; an action may be done to nothing in particular, or to another kind than it names."""
