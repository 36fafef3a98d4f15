"""Each service killed, stopped and paused under load: what the broker says meanwhile, how soon it is well again, and nothing is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import pytest

from ainp_harness.targets.embedded import EmbeddedTarget
from tests.faults.callers import Answer
from tests.faults.checks import RECOVERS_S, TELLS_S, Outage, assert_nothing_went_wrong, readiness
from tests.faults.traffic import Traffic, traffic

pytestmark = pytest.mark.faults

BEFORE_S = AFTER_S = 1.0
AWAY_S = 2.0
PAUSED_S = 6.0  # a request waits for each answer that does not come
CHECK_OF = {"postgres": "database", "redis": "redis", "nats": "nats"}


def nothing_is_acknowledged(sent: Sequence[Answer]) -> None:
    assert {answer.status for answer in sent} == {503}


def messages_flow_with_local_limits(sent: Sequence[Answer]) -> None:
    assert {answer.status for answer in sent} == {202}
    assert all(answer.degraded for answer in sent)


BEHAVIOUR: dict[str, Callable[[Sequence[Answer]], None]] = {
    "nats": nothing_is_acknowledged,
    "redis": messages_flow_with_local_limits,
    "postgres": nothing_is_acknowledged,
}


@pytest.mark.parametrize("how", ["kill", "stop", "pause"])
@pytest.mark.parametrize("role", BEHAVIOUR)
async def test_a_service_goes_away_and_comes_back(trio: EmbeddedTarget, role: str, how: str) -> None:
    async with traffic(trio.base_urls, seed=len(role + how)) as running:
        await asyncio.sleep(BEFORE_S)
        took_s = await away_for_a_while(trio, role, how, running)
        assert took_s < RECOVERS_S
        back = time.monotonic()
        await asyncio.sleep(AFTER_S)
    assert_nothing_went_wrong(running)
    assert 202 in {answer.status for answer in running.callers.during(back, time.monotonic())}


async def away_for_a_while(trio: EmbeddedTarget, role: str, how: str, running: Traffic) -> float:
    """Take it away, look at what every instance says, bring it back; seconds until all are ready again."""
    outage = Outage(trio, role, how)
    await outage.begin()
    try:
        await readiness(trio.base_urls, {CHECK_OF[role]}, TELLS_S)
        told = time.monotonic()
        await asyncio.sleep(PAUSED_S if how == "pause" else AWAY_S)
        BEHAVIOUR[role](running.callers.during(told, time.monotonic()))
    finally:
        await outage.end()
    return await readiness(trio.base_urls, set(), RECOVERS_S)
