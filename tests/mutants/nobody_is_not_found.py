"""An intent to nobody is refused as NOT_FOUND, which is not the standard code for it."""

from __future__ import annotations

import sys
from typing import Any

from ainp_harness.wire.errors import ErrorCode
from reference_broker import errors
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("errors",)
FINDS = frozenset({"AINP-ERR-005"})
RELATED: frozenset[str] = frozenset()

body = errors.BrokerError.body


def changed(self: errors.BrokerError) -> dict[str, Any]:
    said = body(self)
    return {**said, "error_code": "NOT_FOUND"} if self.code is ErrorCode.AGENT_OFFLINE else said


if __name__ == "__main__":
    errors.BrokerError.body = changed
    sys.exit(main(sys.argv[1:]))
