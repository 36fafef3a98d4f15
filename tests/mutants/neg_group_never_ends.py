"""A group that finds no consensus goes on in its last round for ever."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session, State

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-012"})
RELATED: frozenset[str] = frozenset()

close_round = rules._close_round


def close_but_never_abort(session: Session, now_ms: int, trust: Mapping[str, float]) -> rules.Step:
    after = close_round(session, now_ms, trust)
    if after.session.state is not State.ABORTED:
        return after
    return rules.Step(replace(session, votes=(), began_ms=now_ms, round_began_ms=now_ms))


if __name__ == "__main__":
    rules._close_round = close_but_never_abort
    sys.exit(main(sys.argv[1:]))
