"""Whoever signs anything rightly acts for the one whose turn it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session
from reference_broker.negotiation_terms import Move

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-004"})
RELATED: frozenset[str] = frozenset()

step = rules.step


def step_of_anybody(session: Session, move: Move, now_ms: int, trust: Mapping[str, float]) -> rules.Step:
    if move.by in session.parties:
        return step(session, move, now_ms, trust)
    answering = next(did for did in session.parties if did != session.proposer)
    return step(session, replace(move, by=answering, to=None), now_ms, trust)


if __name__ == "__main__":
    rules.step = step_of_anybody
    sys.exit(main(sys.argv[1:]))
