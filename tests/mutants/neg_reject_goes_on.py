"""A REJECT between two is taken, and changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session
from reference_broker.negotiation_terms import Move, Phase

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-002"})
RELATED = frozenset({"AINP-NEG-009"})

step = rules.step


def step_without_reject(session: Session, move: Move, now_ms: int, trust: Mapping[str, float]) -> rules.Step:
    after = step(session, move, now_ms, trust)
    return rules.Step(session) if move.phase is Phase.REJECT and session.mechanism is None else after


if __name__ == "__main__":
    rules.step = step_without_reject
    sys.exit(main(sys.argv[1:]))
