"""Errors are HTML pages."""

from __future__ import annotations

import sys

from starlette.responses import HTMLResponse, Response

from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("errors",)
FINDS = frozenset({"AINP-ERR-002", "AINP-ERR-004"})
RELATED: frozenset[str] = frozenset()


def page(self: BrokerError, shape: object = None) -> Response:
    return HTMLResponse("<h1>Error</h1>", status_code=self.status)


if __name__ == "__main__":
    BrokerError.response = page
    sys.exit(main(sys.argv[1:]))
