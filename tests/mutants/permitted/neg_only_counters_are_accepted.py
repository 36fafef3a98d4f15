"""An OFFER cannot be accepted at once: the other documented reading, which the profile allows."""

from __future__ import annotations

import sys

from ainp_harness.wire.errors import ErrorCode
from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Refused, Session
from reference_broker.negotiation_terms import Move, Phase

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()

check_round = rules._check_round


def check_countered(session: Session, rule: rules.Rule, move: Move) -> None:
    check_round(session, rule, move)
    if session.mechanism is None and session.round == 1 and move.phase is Phase.ACCEPT:
        raise Refused(ErrorCode.NEGOTIATION_FAILED, "ACCEPT: only a COUNTER is accepted")


if __name__ == "__main__":
    rules._check_round = check_countered
    sys.exit(main(sys.argv[1:]))
