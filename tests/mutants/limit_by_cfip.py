"""CF-Connecting-IP is believed without the proxy that would set it: who changes it has a new limit."""

from __future__ import annotations

import sys

from starlette.requests import HTTPConnection

from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.incoming import Networks, client_address

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-006"})
RELATED: frozenset[str] = frozenset()


def address_as_told(connection: HTTPConnection, trusted: Networks) -> str:
    return connection.headers.get("cf-connecting-ip") or client_address(connection, trusted)


if __name__ == "__main__":
    admission.client_address = address_as_told
    sys.exit(main(sys.argv[1:]))
