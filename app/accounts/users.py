"""People who log in, and their administration.

Everything here may read or write the database, so call it from a real thread (`runtime.call`). What changes an account
is done through `app.accounts.audit`, by whoever knows who acts.
"""

from collections.abc import Callable

from app.accounts import names
from app.accounts.passwords import Passwords
from app.accounts.roles import ROLES, checked_word
from app.core.clock import Clock
from app.core.errors import Conflict, NotFound
from app.storage.base_accounts import AccountStore, User, UserChanges


class Users:
    """Users over their store; `ended` as of `Accounts`."""

    def __init__(
        self, store: AccountStore, clock: Clock, passwords: Passwords, ended: Callable[[], object] = lambda: None
    ) -> None:
        self._store = store
        self._ended = ended
        self._clock = clock
        self._passwords = passwords

    def all(self) -> list[User]:
        """Everyone, by name."""
        return self._store.users()

    def get(self, user_id: int) -> User:
        """One user.

        Raises:
            NotFound: no such user.
        """
        user = self._store.user(user_id)
        if user is None:
            raise NotFound("There is no user %(n)s.", n=user_id)
        return user

    def named(self, name: str) -> User:
        """The user of that name in any case.

        Raises:
            NotFound: no such user.
        """
        user = self._store.user_by_key(names.key(name))
        if user is None:
            raise NotFound("There is no user called %(name)s.", name=name)
        return user

    def create(self, name: str, password: str, role: str) -> User:
        """Let someone in.

        Raises:
            InvalidInput: name, password or role can't be used.
            Conflict: there is a user of that name, or one that looks the same.
        """
        username = names.checked(name, "username")
        checked_word(role, ROLES, "role")
        return self._add(username, role, self.hashed(password))

    def invite(self, name: str, role: str) -> User:
        """Make a user who has no password so far, and so can't log in before a link lets them choose one.

        Raises:
            InvalidInput, Conflict: as `create`.
        """
        username = names.checked(name, "username")
        checked_word(role, ROLES, "role")
        return self._add(username, role, "")

    def _add(self, username: str, role: str, hashed: str) -> User:
        now_ms = self._clock.now_ms()
        return self._store.add_user(username, names.key(username), password_hash=hashed, role=role, at_ms=now_ms)

    def hashed(self, password: str) -> str:
        """What is stored of a password; takes a while on purpose, so do it before `Audit.together`.

        Raises:
            InvalidInput: empty, or too long.
        """
        return self._passwords.hash(password)

    def set_password(self, user_id: int, password: str) -> User:
        """Change a password; all of the user's sessions end.

        Raises:
            InvalidInput: it can't be used.
        """
        return self.set_hash(user_id, self.hashed(password))

    def set_hash(self, user_id: int, hashed: str) -> User:
        """The same with what `hashed` made of it."""
        return self._change_access(user_id, {"password_hash": hashed})

    def set_role(self, user_id: int, role: str) -> User:
        """Change what a user may do, at once: their sockets close, and their next page knows.

        Raises:
            InvalidInput: there is no such role.
            Conflict: they are the last admin.
        """
        checked_word(role, ROLES, "role")
        if role != "admin":
            self._keep_an_admin(user_id)
        changed = self._store.change_user(user_id, {"role": role})
        self._ended()
        return changed

    def disable(self, user_id: int) -> User:
        """Shut a user out at once; all of their sessions end.

        Raises:
            Conflict: they are the last admin.
        """
        self._keep_an_admin(user_id)
        return self._change_access(user_id, {"disabled": True})

    def enable(self, user_id: int) -> User:
        """Let a disabled user back in."""
        return self._store.change_user(user_id, {"disabled": False})

    def end_sessions(self, user_id: int) -> User:
        """End every session of a user."""
        return self._change_access(user_id, {})

    def _change_access(self, user_id: int, changes: UserChanges) -> User:
        version = self.get(user_id).session_version + 1
        changed = self._store.change_user(user_id, {**changes, "session_version": version})
        self._ended()
        return changed

    def _keep_an_admin(self, user_id: int) -> None:
        admins = {
            user.id for user in self._store.users() if user.role == "admin" and not user.disabled and user.password_hash
        }
        if admins == {user_id}:
            raise Conflict("This is the last admin; make another one first.")
