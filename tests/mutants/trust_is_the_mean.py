"""The score is the plain mean of the dimensions."""

from __future__ import annotations

import sys
from typing import Any

import asyncpg

from reference_broker import trust
from reference_broker.__main__ import main

AREAS = ("trust",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-TRU-001"})
RELATED: frozenset[str] = frozenset()

told = trust.told


def told_as_mean(agent: asyncpg.Record, decay: trust.Decay, now: int) -> dict[str, Any]:
    found = told(agent, decay, now)
    return {**found, "score": sum(found["dimensions"].values()) / len(found["dimensions"])}


if __name__ == "__main__":
    trust.told = told_as_mean
    sys.exit(main(sys.argv[1:]))
