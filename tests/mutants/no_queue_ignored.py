"""What is not to be queued is queued."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from reference_broker import routing
from reference_broker.__main__ import main

AREAS = ("queue",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-QUE-008"})
RELATED: frozenset[str] = frozenset()


def never(_envelope: Envelope) -> bool:
    return False


if __name__ == "__main__":
    routing.no_queue = never
    sys.exit(main(sys.argv[1:]))
