"""A signed message counts against whatever X-AINP-DID says: a forged header passes the limit."""

from __future__ import annotations

import sys

from starlette.requests import HTTPConnection

from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.proof import DID_HEADER
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-006"})
RELATED: frozenset[str] = frozenset()


async def count_the_header(self: admission.Admission, connection: HTTPConnection, did: str, msg_type: MsgType | None = None) -> None:
    connection.state.did = did
    admission._pass(connection, await self._limits.count_did(connection.headers.get(DID_HEADER, did)))
    await self._presence.proved(did)


if __name__ == "__main__":
    admission.Admission._count_and_note = count_the_header
    sys.exit(main(sys.argv[1:]))
