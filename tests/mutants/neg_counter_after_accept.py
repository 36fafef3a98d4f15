"""What was accepted may be countered."""

from __future__ import annotations

import sys

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session, State
from reference_broker.negotiation_terms import Phase

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-003"})
RELATED: frozenset[str] = frozenset()

rule_of = rules._rule_of


def rule_after_accept(session: Session, phase: Phase) -> rules.Rule:
    if session.state is State.ACCEPTED and phase is Phase.COUNTER:
        return rules.BETWEEN_TWO[phase]
    return rule_of(session, phase)


if __name__ == "__main__":
    rules._rule_of = rule_after_accept
    sys.exit(main(sys.argv[1:]))
