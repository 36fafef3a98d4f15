"""A DISCOVER_RESULT is signed by another key than that of the DID it names."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from nacl.signing import SigningKey

from reference_broker.__main__ import main
from reference_broker.identity import BrokerIdentity

AREAS = (
    "discovery",
    "signature",
)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-SIG-011"})
RELATED: frozenset[str] = frozenset()

answer = BrokerIdentity.answer


def answer_by_another_key(self: BrokerIdentity, *what: Any, **how: Any) -> dict[str, Any]:
    return answer(replace(self, key=SigningKey(bytes(32))), *what, **how)


if __name__ == "__main__":
    BrokerIdentity.answer = answer_by_another_key
    sys.exit(main(sys.argv[1:]))
