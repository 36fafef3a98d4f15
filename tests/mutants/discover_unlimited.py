"""DISCOVER and ADVERTISE are outside the limit of their DID."""

from __future__ import annotations

import sys

from starlette.requests import HTTPConnection

from ainp_harness.wire.envelope import MsgType
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-001"})
RELATED = frozenset(
    {
        "AINP-LIM-003",  # its burst holds unlimited requests, so nobody is over the limit
        "AINP-LIM-006",  # its burst holds unlimited requests, so nobody is over the limit
    }
)

count_and_note = admission.Admission._count_and_note


async def count_the_rest(self: admission.Admission, connection: HTTPConnection, did: str, msg_type: MsgType | None = None) -> None:
    if not connection.scope["path"].endswith(("/discovery", "/advertise")):
        await count_and_note(self, connection, did, msg_type)


if __name__ == "__main__":
    admission.Admission._count_and_note = count_the_rest
    sys.exit(main(sys.argv[1:]))
