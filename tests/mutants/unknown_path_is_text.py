"""An unknown path is answered 404 as plain text."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from reference_broker import app
from reference_broker.__main__ import main

AREAS = ("errors",)
FINDS = frozenset({"AINP-ERR-002", "AINP-ERR-004"})
RELATED: frozenset[str] = frozenset()

no_operation = app._no_operation


async def as_text(request: Request, error: Exception) -> Response:
    told = await no_operation(request, error)
    return PlainTextResponse("Not Found", 404) if told.status_code == 404 else told


if __name__ == "__main__":
    app._no_operation = as_text
    sys.exit(main(sys.argv[1:]))
