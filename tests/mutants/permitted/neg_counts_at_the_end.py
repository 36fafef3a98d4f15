"""A group's votes are counted when the round's time is over, as the timeout that the OFFER may set says."""

from __future__ import annotations

import sys
from dataclasses import replace

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()


def voted(session, vote, now_ms, trust):
    votes = (*session.votes, vote)
    share = rules.score(session.mechanism, session.participants, votes, trust)
    return rules.Step(replace(session, votes=votes, convergence=share))


if __name__ == "__main__":
    rules._voted = voted
    sys.exit(main(sys.argv[1:]))
