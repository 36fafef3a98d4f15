"""An id that is not known is called malformed."""

from __future__ import annotations

import sys

from ainp_harness.wire.errors import ErrorCode
from reference_broker import negotiation_session as sessions
from reference_broker import negotiations
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Move

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-009"})
RELATED: frozenset[str] = frozenset()

begin = sessions.begin


def begin_or_400(move: Move, now_ms: int) -> sessions.Session:
    try:
        return begin(move, now_ms)
    except sessions.Refused as refused:
        raise sessions.Refused(ErrorCode.INVALID_ENVELOPE, refused.message) from refused


if __name__ == "__main__":
    negotiations.begin = begin_or_400
    sys.exit(main(sys.argv[1:]))
