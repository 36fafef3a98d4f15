"""Faults as a probe makes them: a part stopped or paused for as long as a block lasts, a broker restarted, readiness watched meanwhile.

What was disturbed is always put right: at the end of the block, whatever happened in it, and by the process that holds the target where
this one does not live to do it. Before the next probe the broker says ready again, or has had its time to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ainp_harness.evidence.faults import Fault
from ainp_harness.wire.exchange import Exchange
from conformance.kit.inside import Inside

EVERY_S = 0.1
"""Ten times a second (requirements.toml, AINP-HLT-003)."""

READY_AGAIN_S = 8.0
"""How long a probe waits for readiness before it leaves the field to the next one."""

STEADY = 5
"""So many answers in a row make a state, and not a moment."""

DRAIN_S = 70.0
"""A broker may take 60 s to drain, and a little to end."""


@dataclass
class Disturbance:
    """One fault with what came of it."""

    began: Fault
    ended: Fault | None = None
    asked_after: list[Exchange] = field(default_factory=list)
    """Readiness, asked from the repair on until it was steady."""

    @property
    def down_ms(self) -> float:
        """Since when the part certainly did not answer."""
        return self.began.ended_ms

    @property
    def up_ms(self) -> float:
        """Since when it serves again."""
        assert self.ended is not None, "it is not put right yet"
        return self.ended.ended_ms


@dataclass
class Faults(Inside):
    """The part of a probe that disturbs."""

    @asynccontextmanager
    async def stopped(self, role: str) -> AsyncIterator[Disturbance]:
        """A service that is not there for as long as the block lasts."""
        async with self._disturbed("stop", "start", role) as disturbance:
            yield disturbance

    @asynccontextmanager
    async def paused(self, role: str) -> AsyncIterator[Disturbance]:
        """A service that keeps its connections and answers nothing for as long as the block lasts."""
        async with self._disturbed("pause", "resume", role) as disturbance:
            yield disturbance

    async def restart(self, role: str, *, kill: bool = False) -> Disturbance:
        """End a part, in its own way or by SIGKILL, and start it again."""
        async with self._disturbed("kill" if kill else "stop", "start", role) as disturbance:
            pass
        return disturbance

    @asynccontextmanager
    async def draining(self, role: str = "broker") -> AsyncIterator[asyncio.Task[Fault]]:
        """A broker that was told to stop, and ends in its own time while the block lasts."""
        stopping = asyncio.create_task(self._act("stop", role, deadline_s=DRAIN_S))
        try:
            yield stopping
        finally:
            try:
                await stopping
            finally:
                await self._act("start", role)
                await self.shared.transport.reconnect()

    async def watch(self, operation: str, for_s: float) -> list[Exchange]:
        """Ask ten times a second, each time without waiting for the answers before."""
        asking = []
        until = time.monotonic() + for_s
        while time.monotonic() < until:
            asking.append(asyncio.create_task(self.call(operation, {}, self.unpaced())))
            await asyncio.sleep(EVERY_S)
        return list(await asyncio.gather(*asking))

    async def ready_again(self, within_s: float = READY_AGAIN_S) -> list[Exchange]:
        """Ask ten times a second until ready is steady, or the time is over; all the answers."""
        asked: list[Exchange] = []
        until = time.monotonic() + within_s
        steady = 0
        while steady < STEADY and time.monotonic() < until:
            asked.append(await self.call("ready", {}, self.unpaced()))
            response = asked[-1].response
            success = self.shared.transport.binding.operations["ready"].success
            steady = steady + 1 if response is not None and response.status in success else 0
            await asyncio.sleep(EVERY_S)
        return asked

    @asynccontextmanager
    async def _disturbed(self, action: str, repair: str, role: str) -> AsyncIterator[Disturbance]:
        disturbance: Disturbance | None = None
        try:
            disturbance = Disturbance(await self._act(action, role))
            yield disturbance
        finally:
            ended = await _to_the_end(lambda: self._act(repair, role))
            if role.startswith("broker"):
                await self.shared.transport.reconnect()
            asked = await self.ready_again() if self.offers("ready") else []
            if disturbance is not None:
                disturbance.ended, disturbance.asked_after = ended, asked

    async def _act(self, action: str, role: str, **how: float) -> Fault:
        return await self.shared.reach.act(action, role, probe=self.id, attempt=self.attempt, **how)


async def _to_the_end(repair: Callable[[], Awaitable[Fault]]) -> Fault:
    """A repair that an interruption of the probe does not cut short."""
    task = asyncio.ensure_future(repair())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
