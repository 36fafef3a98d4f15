"""A bid over the balance is taken, and its work is done for nothing."""

from __future__ import annotations

import os
import sys

from reference_broker.__main__ import main
from reference_broker.accounts import Reserve
from reference_broker.credits import Credits
from reference_broker.errors import BrokerError

AREAS = ("credits",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-CRD-001"})
RELATED = frozenset({"AINP-CRD-004"})

reserve = Credits._reserve


async def reserve_what_there_is(self: Credits, wanted: Reserve) -> None:
    try:
        await reserve(self, wanted)
    except BrokerError:
        return


if __name__ == "__main__":
    os.environ.update({"AINP_CREDITS": "true", "AINP_STARTING_BALANCE": "50"})
    Credits._reserve = reserve_what_there_is
    sys.exit(main(sys.argv[1:]))
