"""A malformed payload is called an unknown schema."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError
from reference_broker.negotiation_terms import Move, move_of
from reference_broker.routes import negotiations

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-009"})
RELATED: frozenset[str] = frozenset()


def move_or_422(envelope: Envelope) -> Move:
    try:
        return move_of(envelope)
    except WireError as error:
        raise BrokerError(ErrorCode.UNSUPPORTED_SCHEMA, str(error)) from error


if __name__ == "__main__":
    negotiations.move_of = move_or_422
    sys.exit(main(sys.argv[1:]))
