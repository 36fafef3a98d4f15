"""Requests are counted, and nobody is ever refused."""

from __future__ import annotations

import sys

from starlette.requests import HTTPConnection

from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.limits import Counted

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-001", "AINP-LIM-002"})
RELATED = frozenset(
    {
        "AINP-LIM-003",  # nobody is over the limit
        "AINP-LIM-004",  # nothing is limited
        "AINP-LIM-006",  # nobody is over the limit
    }
)


def never_refuse(connection: HTTPConnection, counted: Counted) -> None:
    connection.state.counted = counted


if __name__ == "__main__":
    admission._pass = never_refuse
    sys.exit(main(sys.argv[1:]))
