"""Agents of another standing than a stranger's: made by what they answer, as a broker believes nothing that they say of themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent
from conformance.kit.driver import LOOK_AGAIN_S
from conformance.kit.mutations import member
from conformance.kit.probe import Probe

WEIGHED_S = 2.0
"""How long a RESULT may take to be seen in an agent's trust."""


async def answered(probe: Probe, worker: Agent, statuses: Sequence[str]) -> list[Exchange]:
    """Intents to an agent, by somebody of whom it knows nothing, and its RESULTs with these statuses."""
    asker = probe.agent(f"asker of {worker.did}")
    intents = [asker.intent(worker) for _ in statuses]
    probe.control("accepted", *await asyncio.gather(*(probe.send(intent, asker) for intent in intents)))
    results = [
        worker.sign(member("payload.status", status)(worker.result(asker.did, intent)))
        for intent, status in zip(intents, statuses, strict=True)
    ]
    return list(await asyncio.gather(*(probe.send(result, worker) for result in results)))


async def trust_after(probe: Probe, agent: Agent, before: Exchange) -> Exchange:
    """What is told of an agent once its trust is another than before, or has had its time to become so."""
    deadline = time.monotonic() + WEIGHED_S
    while True:
        now = await probe.call("get_agent", {"did": agent.did})
        if probe.told(now, "trust") != probe.told(before, "trust") or time.monotonic() > deadline:
            return now
        await asyncio.sleep(LOOK_AGAIN_S)
