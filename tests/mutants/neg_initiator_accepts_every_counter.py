"""Whoever made the OFFER counts as accepting the COUNTERs of the broker too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session, State
from reference_broker.negotiation_terms import Phase
from reference_broker.negotiation_votes import Vote

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-008"})
RELATED: frozenset[str] = frozenset()

close_round = rules._close_round


def close_and_accept(session: Session, now_ms: int, trust: Mapping[str, float]) -> rules.Step:
    after = close_round(session, now_ms, trust)
    if after.session.state is not State.OPEN or session.initiator not in session.participants:
        return after
    return replace(after, session=replace(after.session, votes=(Vote(session.initiator, Phase.ACCEPT),)))


if __name__ == "__main__":
    rules._close_round = close_and_accept
    sys.exit(main(sys.argv[1:]))
