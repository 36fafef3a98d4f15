"""The front door: requests to a fixed path that need nothing of the framework go straight to their operation.

Measured, the framework's way (middleware, routing, exit stacks) costs a fifth of an intent. Everything else takes it all the same: paths
with a parameter, other methods, unknown paths, and whatever carries an Origin, which is CORS's to answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]

_log = structlog.get_logger("front")


class FrontDoor:
    """An ASGI application before another one.

    Args:
        app: what answers everything that has no direct way.
        direct: (method, path) -> the operation. Its refusals are answers already.
        our_fault: the answer to whatever an operation did not foresee.
    """

    def __init__(self, app: FastAPI, direct: Mapping[tuple[str, str], Endpoint], our_fault: Callable[[], Response]) -> None:
        self.app = app
        self._direct = dict(direct)
        self._our_fault = our_fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._direct.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if endpoint is None or any(name == b"origin" for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        scope["app"] = self.app
        try:
            response = await endpoint(Request(scope, receive))
        except Exception:  # noqa: BLE001  # whatever it is, it is our fault: told in the log, and to the client as nothing but that
            _log.exception("operation_failed", path=scope["path"])
            response = self._our_fault()
        await response(scope, receive, send)
