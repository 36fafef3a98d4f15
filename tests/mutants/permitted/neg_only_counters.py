"""Only COUNTERs are accepted (ERRATUM-22, either), with credits and escrow."""

from __future__ import annotations

import os
import sys

from ainp_harness.wire.errors import ErrorCode
from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Refused
from reference_broker.negotiation_terms import Phase

AREAS = ("credits", "negotiation")
PROFILE = "draft-00"
FINDS: frozenset[str] = frozenset()
RELATED = frozenset({"AINP-CRD-004"})
check_round = rules._check_round


def check_countered(session, rule, move):
    check_round(session, rule, move)
    if session.mechanism is None and session.round == 1 and move.phase is Phase.ACCEPT:
        raise Refused(ErrorCode.NEGOTIATION_FAILED, "ACCEPT: only a COUNTER is accepted")


if __name__ == "__main__":
    os.environ.update({"AINP_CREDITS": "true", "AINP_STARTING_BALANCE": "50"})
    rules._check_round = check_countered
    sys.exit(main(sys.argv[1:]))
