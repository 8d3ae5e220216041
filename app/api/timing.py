"""How long the server took for an answer, told with it: ``Server-Timing``, which browsers show beside the request.

What the network, a proxy or the reader adds is not in it; nor is finding out who asks, so that a wrong password's
answer tells nothing.
"""

from typing import Final

from flask import Blueprint, Response, g, request

from app.core.clock import Clock

_OF_API: Final = "/api/"
"""The health checks, which anybody may ask for, tell nothing more than they say."""


def timed(resource: Blueprint, clock: Clock) -> Blueprint:
    """The same resource, whose answers tell their time in ms."""

    @resource.before_request
    def begin() -> None:
        g.began_ms = clock.monotonic_ms()

    @resource.after_request
    def tell(response: Response) -> Response:
        if "began_ms" in g and request.path.startswith(_OF_API):  # else it was refused before it came here
            response.headers["Server-Timing"] = f"app;dur={clock.monotonic_ms() - g.began_ms}"
        return response

    return resource
