"""What the broker itself says in a negotiation bears no signature."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import Envelope
from reference_broker import negotiation_messages
from reference_broker.__main__ import main
from reference_broker.negotiation_session import Session

AREAS = (
    "negotiation",
    "signature",
)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-SIG-011"})
RELATED: frozenset[str] = frozenset()

own_message = negotiation_messages.Messages._own_message


def unsigned(self: negotiation_messages.Messages, session: Session, payload: Mapping[str, Any], to: str | None) -> Envelope:
    message = own_message(self, session, payload, to)
    return replace(message, raw={name: value for name, value in message.raw.items() if name != "sig"})


if __name__ == "__main__":
    negotiation_messages.Messages._own_message = unsigned
    sys.exit(main(sys.argv[1:]))
