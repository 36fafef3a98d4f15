"""The key of a did:key is taken from the registry alone: who has not registered is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.errors import ErrorCode
from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission, registry
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError
from reference_broker.registration import Offer

AREAS = ("identity",)
FINDS = frozenset({"AINP-DID-001"})
RELATED = frozenset(
    {
        "AINP-DID-003",  # its control is an agent that has not registered
    }
)

register = registry.Registry.register
registered: set[str] = set()


async def register_noted(self: registry.Registry, did: str, offer: Offer, *, verified: bool, expires_at: int) -> registry.Entry:
    registered.add(did)
    return await register(self, did, offer, verified=verified, expires_at=expires_at)


def verify_the_registered(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    if envelope["from_did"] not in registered:
        raise BrokerError(ErrorCode.UNAUTHORIZED, "from_did: not registered here", status=401)
    return verify(envelope, key, schemes)


if __name__ == "__main__":
    registry.Registry.register = register_noted
    admission.verify = verify_the_registered
    sys.exit(main(sys.argv[1:]))
