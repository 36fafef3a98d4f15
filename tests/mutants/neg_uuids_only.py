"""The id of a negotiation has to be a UUID: the other documented reading."""

from __future__ import annotations

import sys
import uuid

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Move, move_of
from reference_broker.routes import negotiations

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-001"})
DISPUTED = frozenset({"AINP-NEG-001"})
RELATED: frozenset[str] = frozenset()


def move_by_uuid(envelope: Envelope) -> Move:
    move = move_of(envelope)
    try:
        uuid.UUID(move.negotiation_id[:36])
    except ValueError as error:
        raise WireError(ErrorCode.INVALID_ENVELOPE, "no UUID", "payload.negotiation_id") from error
    return move


if __name__ == "__main__":
    negotiations.move_of = move_by_uuid
    sys.exit(main(sys.argv[1:]))
