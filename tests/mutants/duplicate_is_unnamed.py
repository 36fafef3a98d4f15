"""A duplicate is refused as INVALID_ENVELOPE: the sender cannot tell it from a fault of its own."""

from __future__ import annotations

import sys

from ainp_harness.wire.errors import ErrorCode
from reference_broker import errors, ledger
from reference_broker.__main__ import main

AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-001", "AINP-RPL-002", "AINP-RPL-007"})
RELATED: frozenset[str] = frozenset()


def refusal(code: ErrorCode, message: str) -> errors.BrokerError:
    return errors.BrokerError(ErrorCode.INVALID_ENVELOPE, message)


if __name__ == "__main__":
    ledger.BrokerError = refusal
    sys.exit(main(sys.argv[1:]))
