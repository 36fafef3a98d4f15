"""Lite mode, whose messages have a ttl of a day."""

from __future__ import annotations

import os
import sys

from ainp_harness.wire import lite
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("lite",)
FINDS = frozenset({"AINP-LIT-001"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    os.environ["AINP_LITE"] = "true"
    lite.DEFAULT_TTL_MS = 24 * 3_600_000
    sys.exit(main(sys.argv[1:]))
