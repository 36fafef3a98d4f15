"""The answer to a registration names the agents that registered before."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker.__main__ import main
from reference_broker.registry import Entry
from reference_broker.routes import agents

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-009"})
RELATED: frozenset[str] = frozenset()

receipt = agents._receipt
registered: list[str] = []


def receipt_with_others(entry: Entry) -> dict[str, Any]:
    registered.append(entry.did)
    return {**receipt(entry), "known_agents": registered[-10:]}


if __name__ == "__main__":
    agents._receipt = receipt_with_others
    sys.exit(main(sys.argv[1:]))
