"""A duplicate is refused with 400, not with 409."""

from __future__ import annotations

import sys

from ainp_harness.wire.errors import ErrorCode
from reference_broker import errors
from reference_broker.__main__ import main

AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-007"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    errors.STATUS_OF[ErrorCode.DUPLICATE_INTENT] = 400
    sys.exit(main(sys.argv[1:]))
