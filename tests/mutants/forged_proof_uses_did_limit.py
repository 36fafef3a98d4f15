"""A request is counted against its X-AINP-DID before its proof is verified: forged proofs use up another's limit."""

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

read_proof = admission.Admission._read_proof


async def count_first(self: admission.Admission, connection: HTTPConnection, json_body: bool) -> admission.Proven:
    if (did := connection.headers.get(DID_HEADER)) is not None:
        counted = await self._limits.count_did(did)
        connection.state.counted = counted
        if counted.retry_after_ms is not None:
            raise counted.refusal()
    return await read_proof(self, connection, json_body)


async def count_envelopes_alone(self: admission.Admission, connection: HTTPConnection, did: str, msg_type: MsgType | None = None) -> None:
    connection.state.did = did
    if DID_HEADER not in connection.headers:
        admission._pass(connection, await self._limits.count_did(did))
    await self._presence.proved(did)


if __name__ == "__main__":
    admission.Admission._read_proof = count_first
    admission.Admission._count_and_note = count_envelopes_alone
    sys.exit(main(sys.argv[1:]))
