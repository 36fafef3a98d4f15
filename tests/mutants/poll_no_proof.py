"""Without proof headers everybody reads every queue."""

from __future__ import annotations

import sys

from starlette.requests import HTTPConnection

from ainp_harness.wire.proof import DID_HEADER
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.ledger import Claim

AREAS = ("queue",)
FINDS = frozenset({"AINP-QUE-004"})
RELATED: frozenset[str] = frozenset()

proof = admission.Admission.proof


async def proof_or_trust(self: admission.Admission, connection: HTTPConnection, *, json_body: bool = False) -> admission.Proven:
    if DID_HEADER in connection.headers or json_body:
        return await proof(self, connection, json_body=json_body)
    did = connection.path_params["did"]
    return admission.Proven(did, b"", Claim(did, "none", 0))


if __name__ == "__main__":
    admission.Admission.proof = proof_or_trust
    sys.exit(main(sys.argv[1:]))
