"""Intents of schemas that nobody knows are taken, although no custom intents are declared."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from reference_broker import routing, schemas
from reference_broker.__main__ import main

AREAS = ("schemas",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-SCH-004"})
RELATED: frozenset[str] = frozenset()

check = schemas.check_intent


def check_as_custom(envelope: Envelope, *, custom: bool) -> None:
    check(envelope, custom=True)


if __name__ == "__main__":
    routing.check_intent = check_as_custom
    sys.exit(main(sys.argv[1:]))
