"""One may accept what one has proposed oneself."""

from __future__ import annotations

import sys

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_session import State
from reference_broker.negotiation_terms import Phase

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-003"})
RELATED: frozenset[str] = frozenset()

BETWEEN_TWO = {**rules.BETWEEN_TWO, Phase.ACCEPT: rules.Rule(rules.Who.ANYBODY, State.ACCEPTED)}


if __name__ == "__main__":
    rules.BETWEEN_TWO = BETWEEN_TWO
    sys.exit(main(sys.argv[1:]))
