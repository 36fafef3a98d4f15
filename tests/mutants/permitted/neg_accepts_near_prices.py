"""Accepts by itself once the last two prices converge."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session, State
from reference_broker.negotiation_terms import Move, Phase

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()

step = rules.step


def step_and_accept(session: Session, move: Move, now_ms: int, trust: Mapping[str, float]) -> rules.Step:
    after = step(session, move, now_ms, trust)
    near = after.session.convergence is not None and after.session.convergence >= after.session.constraints.convergence_threshold
    if session.mechanism is not None or move.phase is not Phase.COUNTER or not near:
        return after
    accepted = replace(after.session, state=State.ACCEPTED)
    return rules.Step(accepted, (rules.Saying(Phase.ACCEPT, accepted.round, accepted.proposal),))


if __name__ == "__main__":
    rules.step = step_and_accept
    sys.exit(main(sys.argv[1:]))
