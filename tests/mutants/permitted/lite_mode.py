"""Correct: lite mode is on, so an INTENT may leave out ttl, qos and trace_id."""

from __future__ import annotations

import os
import sys

from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope", "lite", "replay")
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    os.environ["AINP_LITE"] = "true"
    sys.exit(main(sys.argv[1:]))
