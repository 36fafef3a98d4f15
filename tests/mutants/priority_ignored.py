"""What waits is delivered in the order in which it came."""

from __future__ import annotations

import sys

from reference_broker import mailbox
from reference_broker.__main__ import main

AREAS = (
    "intents",
    "queue",
    "delivery",
)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-INT-009", "AINP-QUE-002", "AINP-QOS-001"})
RELATED: frozenset[str] = frozenset()

ORDER = property(lambda message: (0.0, message.sequence))


if __name__ == "__main__":
    mailbox.Waiting.order = ORDER
    sys.exit(main(sys.argv[1:]))
