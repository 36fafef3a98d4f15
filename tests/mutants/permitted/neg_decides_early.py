"""Decides as soon as those who have answered are enough."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session
from reference_broker.negotiation_votes import Vote

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()

voted = rules._voted


def voted_or_enough(session: Session, vote: Vote, now_ms: int, trust: Mapping[str, float]) -> rules.Step:
    after = voted(session, vote, now_ms, trust).session
    enough = after.mechanism is not None and after.convergence is not None
    if enough and rules.decides(after.mechanism, after.convergence, after.constraints.convergence_threshold) and after.due_ms is not None:
        return rules._close_round(after, now_ms, trust)
    return voted(session, vote, now_ms, trust)


if __name__ == "__main__":
    rules._voted = voted_or_enough
    sys.exit(main(sys.argv[1:]))
