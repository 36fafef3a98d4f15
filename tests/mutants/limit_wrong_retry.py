"""A 429 tells the caller to wait five minutes, while the window has one."""

from __future__ import annotations

import sys

from ainp_harness.wire.errors import ErrorCode
from reference_broker import limits
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-004"})
RELATED: frozenset[str] = frozenset()


def refusal_with_wrong_time(self: limits.Counted) -> BrokerError:
    return BrokerError(ErrorCode.RATE_LIMIT_EXCEEDED, "too many requests", retry_after_ms=300_000, headers=self.headers)


if __name__ == "__main__":
    limits.Counted.refusal = refusal_with_wrong_time
    sys.exit(main(sys.argv[1:]))
