"""What the rules refuse is called a malformed envelope, with the right status."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from ainp_harness.wire.errors import ErrorCode
from reference_broker import negotiation_rules as rules
from reference_broker import negotiations
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Refused, Session
from reference_broker.negotiation_terms import Move

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-009"})
RELATED = frozenset({"AINP-NEG-005"})

step = rules.step


def step_nameless(session: Session, move: Move, now_ms: int, trust: Mapping[str, float]) -> rules.Step:
    try:
        return step(session, move, now_ms, trust)
    except Refused as refused:
        if refused.code is not ErrorCode.NEGOTIATION_FAILED:
            raise
        raise negotiations.BrokerError(ErrorCode.INVALID_ENVELOPE, refused.message, status=409) from refused


if __name__ == "__main__":
    rules.step = step_nameless
    sys.exit(main(sys.argv[1:]))
