"""Whoever proves to be anybody reads any negotiation."""

from __future__ import annotations

import sys

from reference_broker import negotiations
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-004"})
RELATED = frozenset({"AINP-NEG-006"})


async def get_any(self: negotiations.Negotiations, negotiation_id: str, did: str) -> Session:
    session = await self._store.read(negotiation_id)
    if session is None:
        raise negotiations.not_found("this negotiation")
    return session


if __name__ == "__main__":
    negotiations.Negotiations.get = get_any
    sys.exit(main(sys.argv[1:]))
