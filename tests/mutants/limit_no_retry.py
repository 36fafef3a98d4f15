"""A 429 says neither Retry-After nor retry_after_ms."""

from __future__ import annotations

import sys

from ainp_harness.wire.errors import ErrorCode
from reference_broker import limits
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-004"})
RELATED: frozenset[str] = frozenset()


def refusal_without_time(self: limits.Counted) -> BrokerError:
    return BrokerError(ErrorCode.RATE_LIMIT_EXCEEDED, "too many requests", headers=self.headers)


if __name__ == "__main__":
    limits.Counted.refusal = refusal_without_time
    sys.exit(main(sys.argv[1:]))
