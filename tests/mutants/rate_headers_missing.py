"""No answer carries X-RateLimit-Limit or X-RateLimit-Remaining."""

from __future__ import annotations

import sys

from reference_broker import limits
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-005"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    limits.Counted.headers = property(lambda self: {})
    sys.exit(main(sys.argv[1:]))
