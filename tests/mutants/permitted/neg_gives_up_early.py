"""A round ends as soon as no vote that is still out can make it a consensus."""

from __future__ import annotations

import sys

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Phase
from reference_broker.negotiation_votes import Vote

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()
voted = rules._voted


def voted_or_hopeless(session, vote, now_ms, trust):
    after = voted(session, vote, now_ms, trust)
    s = after.session
    if s.round != session.round or str(s.state) != str(session.state):
        return after
    out = [d for d in s.participants if d not in {v.by for v in s.votes}]
    best = rules.score(s.mechanism, s.participants, (*s.votes, *(Vote(d, Phase.ACCEPT) for d in out)), trust)
    return after if rules.decides(s.mechanism, best, s.constraints.convergence_threshold) else rules._close_round(s, now_ms, trust)


if __name__ == "__main__":
    rules._voted = voted_or_hopeless
    sys.exit(main(sys.argv[1:]))
