"""NaN and infinity in the embedding of a capability are taken for zero."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from ainp_harness.wire import embedding
from reference_broker import registration
from reference_broker.__main__ import main

AREAS = ("registration",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-REG-010"})
RELATED: frozenset[str] = frozenset()


def parse_anything_finite_or_not(value: Any, member: str = "embedding") -> Sequence[float]:
    finite = embedding.math.isfinite
    embedding.math.isfinite = lambda number: True
    try:
        return [number if finite(number) else 0.0 for number in embedding.parse_embedding(value, member)]
    finally:
        embedding.math.isfinite = finite


if __name__ == "__main__":
    registration.parse_embedding = parse_anything_finite_or_not
    sys.exit(main(sys.argv[1:]))
