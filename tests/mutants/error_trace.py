"""Errors show a stack trace and a query."""

from __future__ import annotations

import sys

from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.errors import BrokerError, json_response

AREAS = ("errors",)
FINDS = frozenset({"AINP-ERR-003"})
RELATED: frozenset[str] = frozenset()

TRACE = 'Traceback (most recent call last): File "/srv/broker/app.py", line 3: SELECT did FROM agents'


def trace(self: BrokerError, shape: object = None) -> Response:
    return json_response({**self.body(), "error_message": TRACE}, self.status)


if __name__ == "__main__":
    BrokerError.response = trace
    sys.exit(main(sys.argv[1:]))
