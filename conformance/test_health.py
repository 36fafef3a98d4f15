"""Liveness and readiness: what a platform asks before it sends traffic."""

from __future__ import annotations

import asyncio

import pytest

from conformance.kit.probe import Probe, requirement

BURST = 150
"""More than any limit of 100 would let pass (AINP-HLT-007)."""

AT_ONCE = 10


@requirement("AINP-HLT-001")
async def test_health_says_healthy(probe: Probe) -> None:
    exchange = await probe.call("health", {})
    probe.claim("answers", exchange, statuses=[200], members={"status": "healthy"})


@requirement("AINP-HLT-002")
async def test_ready_names_every_dependency(probe: Probe) -> None:
    exchange = await probe.call("ready", {})
    picks = probe.shared.transport.binding.operations["ready"].pick
    dependencies = {picks[name]: "ok" for name in ("database", "redis", "nats") if name in picks}
    probe.claim("answers", exchange, statuses=[200], members={picks["status"]: "ready", **dependencies})


@pytest.mark.disturbs
@requirement("AINP-HLT-007")
async def test_health_and_ready_are_outside_the_limits(probe: Probe) -> None:
    """Load balancers ask often: 150 of each, all answered in full."""
    for operation in ("health", "ready"):
        exchanges = []
        for _ in range(BURST // AT_ONCE):
            exchanges += await asyncio.gather(*(probe.call(operation, {}, probe.unpaced()) for _ in range(AT_ONCE)))
        probe.claim("answers", *exchanges, statuses=[200])
