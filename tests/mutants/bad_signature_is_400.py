"""A message that does not verify is refused with 400, not with 401."""

from __future__ import annotations

import sys

from ainp_harness.wire.errors import ErrorCode
from reference_broker import errors
from reference_broker.__main__ import main

AREAS = ("signature",)
FINDS = frozenset({"AINP-SIG-008"})
RELATED = frozenset(
    {
        "AINP-SIG-004",  # its refusal must be a 401 too
        "AINP-SIG-006",  # so must that of a forged proof
    }
)


if __name__ == "__main__":
    errors.STATUS_OF[ErrorCode.INVALID_SIGNATURE] = 400
    sys.exit(main(sys.argv[1:]))
