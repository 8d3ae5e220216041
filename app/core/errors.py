"""The errors that cross components; each knows how it is told to an outsider.

What an error says is a form and its parts, ``InvalidInput("must hold at most %(most)s", most=20, field="tags")``, so
that a page can say it in another language: see `app.core.said`. What another error `said` is handed on as it is.
"""

from app.core.said import Said, said


class ScrapewatchError(Exception):
    """Base of every error that the house raises on purpose.

    Attributes:
        detail: a sentence for a person, in English.
        said: the same as pages say it in their language.
    """

    def __init__(self, form: str, /, **parts: object) -> None:
        self.said = form if isinstance(form, Said) else said(form, **parts)
        self.detail = str(self.said)
        super().__init__(self.detail)


class InvalidInput(ScrapewatchError):
    """Something from outside can't be used as it is.

    Attributes:
        code: a word of the contract, `invalid` unless a more precise one exists.
        field: the field at fault, dotted for nested ones; empty for the whole.
    """

    def __init__(self, form: str, /, *, field: str = "", code: str = "invalid", **parts: object) -> None:
        super().__init__(form, **parts)
        self.field = field
        self.code = code


class NotFound(ScrapewatchError):
    """There is no such thing."""


class Conflict(ScrapewatchError):
    """The thing exists already, or has changed meanwhile.

    Attributes:
        field: the field at fault, if it is one.
    """

    def __init__(self, form: str, /, *, field: str = "", **parts: object) -> None:
        super().__init__(form, **parts)
        self.field = field


class Unauthorized(ScrapewatchError):
    """Nobody is known by these credentials, or none were given.

    Attributes:
        code: a word of the contract.
        detail: the same whatever was wrong, so that it tells an attacker nothing.
    """

    def __init__(self, form: str = "Log in, or send a valid token.", /, *, code: str = "unauthorized") -> None:
        super().__init__(form)
        self.code = code


class Forbidden(ScrapewatchError):
    """Who asks is known and may not do this.

    Attributes:
        code: a word of the contract.
        field: the field that asks for too much, if it is one.
    """

    def __init__(self, form: str, /, *, code: str = "forbidden", field: str = "", **parts: object) -> None:
        super().__init__(form, **parts)
        self.code = code
        self.field = field


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


def at_field(error: ScrapewatchError) -> Said:
    """What it says, after the field at fault where it names one."""
    name = getattr(error, "field", "")
    return said("%(name)s: %(detail)s", name=name, detail=error.said) if name else error.said


def sentence(error: Exception) -> str:
    """What a person at a terminal is told, in one line."""
    if isinstance(error, Unavailable):
        reason = f": {error.__cause__}".splitlines()[0] if error.__cause__ else ""
        return f"The database can't be used now ({error.code}){reason}"
    return str(error)
