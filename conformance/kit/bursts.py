"""Many requests of one DID at once, as the probes of the limits send them, and what the two readings of a minute's limit say of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ainp_harness.judging.expectations.limits import is_limited
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.messages import capability
from conformance.kit.agents import Agent
from conformance.kit.probe import Probe
from conformance.kit.transport import Call

AT_ONCE = 20

DRAFT_BURST, BURST_S = 200, 10.0
"""draft-00, rate limiting: 200 intents in 10 s."""

BEYOND = 20
"""So many more than may pass are sent: what comes in while the burst goes out may let a few pass."""

MOST = 400
"""Requests after which there is no limit to be met."""

Place = Callable[[Call], Call]


def here(call: Call) -> Call:
    """At the instance that the run is about."""
    return call


def signed(probe: Probe, agent: Agent, **changes: Any) -> Call:
    """A signed request that is not held back, and whose 429 is the question."""
    return replace(probe.proven(agent), expects_limit=True, **changes)


async def each_signed_operation(probe: Probe, agent: Agent, to: Agent) -> list[Exchange]:
    """One request of every signed operation that is offered, an intent first."""
    call = signed(probe, agent)
    exchanges = [
        await probe.call("send_intent", {"envelope": agent.intent(to)}, replace(call, proof=None)),
        await probe.call("poll", {"did": agent.did, "limit": 1}, call),
    ]
    if probe.offers("confirm"):
        exchanges.append(await probe.call("confirm", {"did": agent.did, "delivery_ids": ["0"]}, call))
    if probe.offers("discover"):
        exchanges.append(await probe.call("discover", {"envelope": agent.discover("a plumber")}, replace(call, proof=None)))
    if probe.offers("advertise"):
        envelope = agent.advertise([capability("asks too often")])
        exchanges.append(await probe.call("advertise", {"envelope": envelope}, replace(call, proof=None)))
    return exchanges


async def intents_at_once(probe: Probe, agent: Agent, to: Agent, count: int, place: Place = here) -> list[Exchange]:
    """`count` intents of one DID."""
    exchanges: list[Exchange] = []
    while (left := count - len(exchanges)) > 0:
        calls = [place(signed(probe, agent, proof=None)) for _ in range(min(AT_ONCE, left))]
        exchanges += await asyncio.gather(*(probe.call("send_intent", {"envelope": agent.intent(to)}, call) for call in calls))
    return exchanges


async def signed_burst(probe: Probe, agent: Agent, to: Agent, count: int, place: Place = here) -> list[Exchange]:
    """`count` signed requests of one DID, every signed operation among them."""
    exchanges = await each_signed_operation(probe, agent, to)

    async def one(number: int) -> Exchange:
        if number % 3 == 0:
            return await probe.call("poll", {"did": agent.did, "limit": 1}, place(signed(probe, agent)))
        return await probe.call("send_intent", {"envelope": agent.intent(to)}, place(signed(probe, agent, proof=None)))

    while (left := count - len(exchanges)) > 0:
        exchanges += await asyncio.gather(*(one(number) for number in range(min(AT_ONCE, left))))
    return exchanges


async def over_the_limit(probe: Probe, agent: Agent, to: Agent, *, more: int = 1, place: Place = here) -> list[Exchange]:
    """Signed requests of one DID until the limit of either reading is met: so many more than a minute's, and where every one of them passes
    so many intents that a burst of the draft is over too."""
    exchanges = await signed_burst(probe, agent, to, probe.constants.limit_per_did + more, place)
    if not any(is_limited(exchange) for exchange in exchanges):
        sent = sum(exchange.operation == "send_intent" for exchange in exchanges)
        exchanges += await intents_at_once(probe, agent, to, DRAFT_BURST + BEYOND - sent, place)
    while not any(is_limited(exchange) for exchange in exchanges) and len(exchanges) < MOST:  # we are slow, or there is no limit
        exchanges += await intents_at_once(probe, agent, to, AT_ONCE, place)
    return exchanges


def minute_readings(probe: Probe) -> Mapping[str, Mapping[str, Any]]:
    """ERRATUM-05, of what `over_the_limit` sent: a hundred requests of any kind, or up to two hundred intents."""
    limit, window_s = probe.constants.limit_per_did, probe.constants.limit_window_s
    burst = {"at_least": limit + 1, "at_most": DRAFT_BURST, "window_s": BURST_S, "operation": "send_intent"}
    return {
        "hard": {"expectation": "limited_after", "limit": limit, "window_s": window_s},
        "burst": {"expectation": "passes_between", **burst},
    }


def went_on(exchanges: Sequence[Exchange], limit: int) -> bool:
    """Whether a minute's limit stopped nobody, so that a burst had to be sent."""
    return sum(not is_limited(exchange) for exchange in exchanges) > limit
