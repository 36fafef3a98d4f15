"""Of a key that stands twice the first is verified and the last is delivered."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.canonical import parse_json
from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-015"})
RELATED: frozenset[str] = frozenset()

last: dict[str, Any] = {}


def parse_first(data: bytes) -> tuple[Any, bool]:
    last["value"] = parse_json(data)
    return json.loads(data, object_pairs_hook=lambda pairs: dict(reversed(pairs))), False


def verify_first(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    scheme = verify(envelope, key, schemes)
    envelope.update(last["value"])
    return scheme


if __name__ == "__main__":
    admission.parse_message, admission.verify = parse_first, verify_first
    sys.exit(main(sys.argv[1:]))
