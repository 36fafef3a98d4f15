"""A group without consensus ends, and nobody is told."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session, State

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-012"})
RELATED: frozenset[str] = frozenset()

close_round = rules._close_round


def close_silently(session: Session, now_ms: int, trust: Mapping[str, float]) -> rules.Step:
    after = close_round(session, now_ms, trust)
    return rules.Step(after.session) if after.session.state is State.ABORTED else after


if __name__ == "__main__":
    rules._close_round = close_silently
    sys.exit(main(sys.argv[1:]))
