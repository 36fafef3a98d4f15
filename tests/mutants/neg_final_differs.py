"""What the one who answered the OFFER reads is not what was agreed."""

from __future__ import annotations

import sys
from dataclasses import replace

from reference_broker import negotiations
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-001"})
RELATED = frozenset({"AINP-NEG-003", "AINP-NEG-004"})

get = negotiations.Negotiations.get


async def get_another(self: negotiations.Negotiations, negotiation_id: str, did: str) -> Session:
    session = await get(self, negotiation_id, did)
    return session if did == session.initiator else replace(session, proposal={**session.proposal, "price": 1_000})


if __name__ == "__main__":
    negotiations.Negotiations.get = get_another
    sys.exit(main(sys.argv[1:]))
