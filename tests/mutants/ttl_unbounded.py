"""A ttl has no upper bound: 2^63 overflows where the deadline is stored."""

from __future__ import annotations

import sys

from ainp_harness.wire import envelope
from reference_broker.__main__ import main

AREAS = ("time",)
FINDS = frozenset({"AINP-TTL-006"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    envelope._ttl = lambda value: envelope._number(value, "ttl")
    sys.exit(main(sys.argv[1:]))
