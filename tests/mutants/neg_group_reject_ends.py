"""One REJECT ends the negotiation of a whole group."""

from __future__ import annotations

import sys

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import State
from reference_broker.negotiation_terms import Phase

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-002"})
RELATED = frozenset({"AINP-NEG-017", "AINP-NEG-008", "AINP-NEG-012", "AINP-NEG-018"})

IN_A_GROUP = {**rules.IN_A_GROUP, Phase.REJECT: rules.Rule(rules.Who.VOTING, State.REJECTED)}


if __name__ == "__main__":
    rules.IN_A_GROUP = IN_A_GROUP
    sys.exit(main(sys.argv[1:]))
