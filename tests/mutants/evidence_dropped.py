"""The evidence of a capability is not kept."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from reference_broker.__main__ import main
from reference_broker.registration import Offer
from reference_broker.registry import Entry, Registry

AREAS = ("registration",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-REG-011"})
RELATED: frozenset[str] = frozenset()

register = Registry.register


async def register_without_evidence(self: Registry, did: str, offer: Offer, **how: Any) -> Entry:
    capabilities = tuple(replace(capability, evidence=None) for capability in offer.capabilities)
    return await register(self, did, replace(offer, capabilities=capabilities), **how)


if __name__ == "__main__":
    Registry.register = register_without_evidence
    sys.exit(main(sys.argv[1:]))
