"""A wrong method is answered 404, as if there were no such path."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker import app
from reference_broker.__main__ import main
from reference_broker.errors import not_found

AREAS = ("errors",)
FINDS = frozenset({"AINP-ERR-004"})
RELATED: frozenset[str] = frozenset()


async def never_405(_request: Request, _error: Exception) -> Response:
    return not_found("this path").response()


if __name__ == "__main__":
    app._no_operation = never_405
    sys.exit(main(sys.argv[1:]))
