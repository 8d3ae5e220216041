"""The errors that cross components; each knows how it is told to an outsider."""


class ScrapewatchError(Exception):
    """Base of every error that the house raises on purpose."""


class InvalidInput(ScrapewatchError):
    """Something from outside can't be used as it is.

    Attributes:
        code: a word of the contract, `invalid` unless a more precise one exists.
        field: the field at fault, dotted for nested ones; empty for the whole.
        detail: a sentence for a person.
    """

    def __init__(self, detail: str, *, field: str = "", code: str = "invalid") -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.code = code


class NotFound(ScrapewatchError):
    """There is no such thing."""


class Conflict(ScrapewatchError):
    """The thing exists already, or has changed meanwhile.

    Attributes:
        field: the field at fault, if it is one.
    """

    def __init__(self, detail: str, *, field: str = "") -> None:
        super().__init__(detail)
        self.field = field


class Unauthorized(ScrapewatchError):
    """Nobody is known by these credentials, or none were given.

    Attributes:
        code: a word of the contract.
        detail: a sentence for a person; the same whatever was wrong, so that it tells an attacker nothing.
    """

    def __init__(self, detail: str = "Log in, or send a valid token.", *, code: str = "unauthorized") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


class Forbidden(ScrapewatchError):
    """Who asks is known and may not do this; attributes as of `Unauthorized`."""

    def __init__(self, detail: str, *, code: str = "forbidden") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


class Unavailable(ScrapewatchError):
    """Can't be done now and may be tried again.

    Attributes:
        code: `busy`, `storage_full`, `storage_down`, `rate_limited` or `closing`.
        retry_after_ms: when to try again.
    """

    def __init__(self, code: str, retry_after_ms: int = 1_000) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_ms = retry_after_ms


def sentence(error: Exception) -> str:
    """What a person at a terminal is told, in one line."""
    if isinstance(error, Unavailable):
        reason = f": {error.__cause__}".splitlines()[0] if error.__cause__ else ""
        return f"The database can't be used now ({error.code}){reason}"
    return str(error)
