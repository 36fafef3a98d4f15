"""Declares escrow, and accepts terms that ask for one without any."""

from __future__ import annotations

import sys

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Proposal
from reference_broker.routes import health

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-014"})
RELATED: frozenset[str] = frozenset()


def check_nothing(standing: Proposal, answer: Proposal | None) -> None:
    pass


if __name__ == "__main__":
    rules._check_accepted, health.FEATURES = check_nothing, (*health.FEATURES, "escrow")
    sys.exit(main(sys.argv[1:]))
