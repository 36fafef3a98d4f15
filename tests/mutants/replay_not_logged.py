"""A replay leaves no line in the audit log."""

from __future__ import annotations

import sys

from reference_broker import audit, routes
from reference_broker.__main__ import main

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-007"})
RELATED: frozenset[str] = frozenset()

write = audit.audit


def write_all_but_replays(event: audit.Event, **details: str) -> None:
    if event is not audit.Event.REPLAY:
        write(event, **details)


if __name__ == "__main__":
    routes.audit = write_all_but_replays
    sys.exit(main(sys.argv[1:]))
