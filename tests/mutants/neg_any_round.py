"""The round of a message is not looked at."""

from __future__ import annotations

import sys
from dataclasses import replace

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session
from reference_broker.negotiation_terms import Move

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-003"})
RELATED = frozenset({"AINP-NEG-009"})

check_round = rules._check_round


def check_without_round(session: Session, rule: rules.Rule, move: Move) -> None:
    check_round(session, rule, replace(move, round=None))


if __name__ == "__main__":
    rules._check_round = check_without_round
    sys.exit(main(sys.argv[1:]))
