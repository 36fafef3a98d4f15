"""A body may have any size."""

from __future__ import annotations

import sys

from reference_broker import admission, incoming
from reference_broker.__main__ import main

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-003"})
RELATED = frozenset({"AINP-SEC-011"})  # what may have any size is not refused early either


if __name__ == "__main__":
    admission.MAX_PAYLOAD_BYTES = incoming.MAX_BODY_BYTES = 1 << 30
    sys.exit(main(sys.argv[1:]))
