"""An escrow does not come back when the negotiation is called off."""

from __future__ import annotations

import os
import sys

from reference_broker import escrow
from reference_broker.__main__ import main
from reference_broker.negotiation_rules import Session

AREAS = ("credits",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-CRD-003"})
RELATED = frozenset({"AINP-CRD-004"})


async def keep(_self: escrow.CreditEscrow, _session: Session) -> None:
    return None


if __name__ == "__main__":
    os.environ.update({"AINP_CREDITS": "true", "AINP_STARTING_BALANCE": "50"})
    escrow.CreditEscrow.release = keep
    sys.exit(main(sys.argv[1:]))
