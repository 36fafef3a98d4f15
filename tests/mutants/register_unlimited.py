"""Registering is outside the limits: one address registers as many agents as it likes."""

from __future__ import annotations

import sys

from starlette.requests import HTTPConnection

from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-002"})
RELATED: frozenset[str] = frozenset()

anybody = admission.Admission.anybody


async def anybody_but_registrations(self: admission.Admission, connection: HTTPConnection) -> None:
    if connection.scope["method"] != "POST":
        await anybody(self, connection)


if __name__ == "__main__":
    admission.Admission.anybody = anybody_but_registrations
    sys.exit(main(sys.argv[1:]))
