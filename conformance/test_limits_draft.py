"""The draft's limits: a burst of intents, no more than that, a rate that is sustained, and discoveries with a limit of their own.

ERRATUM-05: a broker that never lets more than 100 in any minute pass follows the deployment summary instead.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from ainp_harness.wire.exchange import Exchange
from conformance.kit.bursts import AT_ONCE, BEYOND, BURST_S, DRAFT_BURST, intents_at_once, signed
from conformance.kit.probe import Probe, requirement

WINDOWS = 3
"""Minutes over which the rate is looked at, at twice the rate."""

MOST_DISCOVERIES = 1_000
"""A limit beyond this is not tried out."""


def _burst(probe: Probe) -> int:
    return int(probe.declared.limits.get("burst_10s", DRAFT_BURST))


def _hard(probe: Probe) -> dict[str, Any]:
    return {"expectation": "limited_after", "limit": probe.constants.limit_per_did, "window_s": probe.constants.limit_window_s}


@requirement("AINP-LIM-007", "AINP-LIM-010")
async def test_a_burst_passes_and_no_more_than_a_burst(probe: Probe) -> None:
    """What is declared passes; of more than 200 within 10 s the rest is refused."""
    burst, limit = _burst(probe), probe.constants.limit_per_did
    alice, to = probe.agent("alice"), await probe.registered("to", "hears from many")
    exchanges = await intents_at_once(probe, alice, to, max(burst, DRAFT_BURST) + BEYOND)
    readings = {
        "LIM-007": {"expectation": "passes_between", "at_least": burst, "window_s": BURST_S},
        "LIM-010": {"expectation": "passes_between", "at_least": limit + 1, "at_most": DRAFT_BURST, "window_s": BURST_S},
    }
    for name, wanted in readings.items():
        both = {"hard": _hard(probe), "burst": wanted}
        probe.claim("follows_reading", *exchanges, erratum="ERRATUM-05", readings=both, requirements=[f"AINP-{name}"])


@requirement("AINP-LIM-008")
async def test_discoveries_have_a_limit_of_their_own(probe: Probe) -> None:
    """ERRATUM-04: for each agent; many agents reach the rates of the phases together."""
    declared = int(probe.declared.limits.get("discovery_per_minute", 0))
    if not 0 < declared <= MOST_DISCOVERIES:
        probe.leaves_out("a limit of discoveries that can be tried out")
    alice, other = probe.agent("alice"), probe.agent("other")
    call = signed(probe, alice, proof=None)
    exchanges = []
    while (left := declared + 1 - len(exchanges)) > 0:
        asked = [probe.call("discover", {"envelope": alice.discover("a plumber")}, call) for _ in range(min(AT_ONCE, left))]
        exchanges += await asyncio.gather(*asked)
    probe.claim("limited_after", *exchanges, limit=declared, window_s=probe.constants.limit_window_s)
    answered = await probe.call("discover", {"envelope": other.discover("a plumber")}, replace(call, by=other.identity))
    probe.control("accepted", answered)


@pytest.mark.depth("standard")
@pytest.mark.long_wait
@requirement("AINP-LIM-013")
async def test_a_hundred_a_minute_is_what_is_sustained(probe: Probe) -> None:
    """Twice the rate for three minutes: 300 and the burst may pass."""
    limit, window_s, burst = probe.constants.limit_per_did, probe.constants.limit_window_s, _burst(probe)
    alice, to = probe.agent("alice"), await probe.registered("to", "hears from one for minutes")
    clock, under_way, sent = asyncio.get_running_loop().time, asyncio.Semaphore(AT_ONCE), []

    async def one() -> Exchange:
        async with under_way:
            return await probe.call("send_intent", {"envelope": alice.intent(to)}, signed(probe, alice, proof=None))

    began = clock()
    for number in range(2 * WINDOWS * limit):
        await asyncio.sleep(max(0.0, began + number * window_s / (2 * limit) - clock()))
        sent.append(asyncio.create_task(one()))
        if number % limit == limit - 1:
            await probe.drain(to)
    exchanges = await asyncio.gather(*sent)
    # In windows shorter than a minute it is 200 in any 10 s that bounds what passes.
    at_least = int(0.9 * min(WINDOWS * limit, burst * WINDOWS * window_s / BURST_S))
    of_each = {"limit": limit, "window_s": window_s, "at_least": at_least}
    readings = {
        "hard": {"expectation": "passes_no_window_over", **of_each},
        "burst": {"expectation": "passes_at_rate", **of_each, "burst": burst},
    }
    probe.claim("follows_reading", *exchanges, erratum="ERRATUM-05", readings=readings)
