"""A bad signature is logged with the connection string of NATS."""

from __future__ import annotations

import os
import sys

from reference_broker import audit, routes
from reference_broker.__main__ import main

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-007"})
RELATED: frozenset[str] = frozenset()

write = audit.audit


def write_too_much(event: audit.Event, **details: str) -> None:
    write(event, **details, nats=os.environ["NATS_URL"])


if __name__ == "__main__":
    routes.audit = write_too_much
    sys.exit(main(sys.argv[1:]))
