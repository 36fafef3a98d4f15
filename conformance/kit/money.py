"""Agents with something to pay with. A broker that has credits gives none to whoever asks (AINP-CRD-004), so a probe needs its operator:
a starting balance, or a command of the target that mints."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ainp_harness.judging.expectation import evaluate
from ainp_harness.judging.expectations.accounts import account_in
from ainp_harness.judging.verdict import Outcome
from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent
from conformance.kit.driver import LOOK_AGAIN_S
from conformance.kit.probe import Probe

MINT = "mint"
"""The command; its label is what follows did:key: in the DID."""

SETTLES_S = 2.0
"""How long a payment may take to be seen, once its RESULT is acknowledged."""


async def account(probe: Probe, agent: Agent) -> Exchange:
    """What the broker tells an agent of its credits."""
    return await probe.call("credits", {"did": agent.did}, probe.proven(agent))


async def pays_with(probe: Probe, name: str, at_least: float) -> Agent:
    """A fresh registered agent that has so many credits to spend; where nobody gives it any, nothing is shown, and why is told."""
    agent = await probe.registered(name, "pays its way")
    has = await account(probe, agent)
    if MINT in probe.shared.reach.facts.commands and _balance(probe, has) < at_least:
        await probe.shared.reach.run(MINT, label=agent.did.removeprefix("did:key:"))
        has = await account(probe, agent)
    probe.control("has_free", has, at_least=f"{at_least:g}")
    return agent


async def once(
    probe: Probe, agents: Sequence[Agent], before: Sequence[Exchange], expectation: str, after: Sequence[Exchange] = (), **params: Any
) -> list[Exchange]:
    """The accounts of these once, between those before and after, they are as expected, or a payment has taken as long as it may."""
    deadline = time.monotonic() + SETTLES_S
    while True:
        now = [await account(probe, agent) for agent in agents]
        judged = evaluate(expectation, [*before, *now, *after], params, probe.shared.context)
        if judged.outcome is Outcome.HELD or time.monotonic() > deadline:
            return now
        await asyncio.sleep(LOOK_AGAIN_S)


def _balance(probe: Probe, told: Exchange) -> Decimal:
    found = account_in(told, probe.shared.context)
    return found.balance if found is not None else Decimal(0)
