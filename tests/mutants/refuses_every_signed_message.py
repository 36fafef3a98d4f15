"""A broker that refuses every signed message: it looks perfect to a suite of refusals, and it is useless."""

import sys
from typing import NoReturn

from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("signature", "intents", "time")

ACCEPTANCE = frozenset({"AINP-SIG-001", "AINP-INT-001", "AINP-TTL-002"})
"""What must FAIL: that a correctly signed message is accepted."""

REFUSALS = frozenset(
    {"AINP-SIG-002", "AINP-SIG-003", "AINP-SIG-004", "AINP-SIG-005", "AINP-SIG-008", "AINP-SIG-010", "AINP-TTL-001", "AINP-TTL-003"}
)
"""What must be NOT_OBSERVED: without a control that is accepted a refusal proves nothing."""

FINDS = ACCEPTANCE
RELATED = REFUSALS | {
    "AINP-INT-002",  # nothing is acknowledged that could be lost,
    "AINP-INT-003",  # go astray
    "AINP-INT-014",  # or come again
    "AINP-SIG-006",  # its control is a signed message as well
    "AINP-TTL-006",  # a ttl of a day is accepted
}


def refuse(*arguments: object, **known: bool) -> NoReturn:
    raise WireError(ErrorCode.INVALID_SIGNATURE, "no signature is good enough", "sig")


if __name__ == "__main__":
    admission.verify = refuse
    sys.exit(main(sys.argv[1:]))
