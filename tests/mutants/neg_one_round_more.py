"""One round more than max_rounds, where fewer than ten were asked for."""

from __future__ import annotations

import sys
from dataclasses import replace

from reference_broker import negotiation_session as sessions
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Move

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-005"})
RELATED = frozenset({"AINP-NEG-006", "AINP-NEG-012", "AINP-NEG-015"})

constraints_of = sessions.constraints_of


def constraints_beside(move: Move) -> sessions.Constraints:
    held = constraints_of(move)
    return replace(held, max_rounds=held.max_rounds + 1) if held.max_rounds < 10 else held


if __name__ == "__main__":
    sessions.constraints_of = constraints_beside
    sys.exit(main(sys.argv[1:]))
