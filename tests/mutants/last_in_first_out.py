"""Within one priority the latest message is delivered first."""

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
FINDS = frozenset({"AINP-QUE-002"})
RELATED: frozenset[str] = frozenset()

ORDER = property(lambda message: (-message.priority, -message.sequence))


if __name__ == "__main__":
    mailbox.Waiting.order = ORDER
    sys.exit(main(sys.argv[1:]))
