"""A limit that is no number, or none above 0, is taken for the default."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from reference_broker import queries
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-007"})
RELATED: frozenset[str] = frozenset()

whole = queries._whole


def whole_or_default(parameters: Mapping[str, str], name: str, low: int, high: int, *, default: int) -> int:
    try:
        return whole(parameters, name, low, high, default=default)
    except BrokerError:
        return default


if __name__ == "__main__":
    queries._whole = whole_or_default
    sys.exit(main(sys.argv[1:]))
