"""An error does not say which message it is about."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import errors
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("errors",)
FINDS = frozenset({"AINP-ERR-006"})
RELATED: frozenset[str] = frozenset()

body = errors.BrokerError.body


def changed(self: errors.BrokerError) -> dict[str, Any]:
    return {name: value for name, value in body(self).items() if name != "intent_id"}


if __name__ == "__main__":
    errors.BrokerError.body = changed
    sys.exit(main(sys.argv[1:]))
