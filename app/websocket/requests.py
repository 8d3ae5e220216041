"""What a socket's message is to Flask: a request whose address no route has.

Flask keeps the error of that, for the view that there is none of, and with it, in a circle, all that was called to get
there: each message would leave some fifty objects behind until garbage is sought, and strangers can send many.
"""

import flask
from werkzeug.exceptions import HTTPException


class LightRequest(flask.Request):
    """A request that remembers that there is no such address, but not who was asked for it."""

    _routing_exception: HTTPException | None = None

    @property
    def routing_exception(self) -> HTTPException | None:
        """Why no view was found, if none was."""
        return self._routing_exception

    @routing_exception.setter
    def routing_exception(self, error: HTTPException | None) -> None:
        if error is not None:
            error.__traceback__ = error.__context__ = None
        self._routing_exception = error
