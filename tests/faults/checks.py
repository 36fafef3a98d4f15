"""Taking a part of the target away and bringing it back, what readiness says meanwhile, and what must hold at the end of every test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from ainp_harness.targets.embedded import EmbeddedTarget
from tests.faults.books import compare
from tests.faults.traffic import Traffic

TELLS_S = 2.0
RECOVERS_S = 5.0


@dataclass
class Outage:
    """One part taken away in one way. The control blocks, and the traffic must not."""

    target: EmbeddedTarget
    role: str
    how: str

    async def begin(self) -> None:
        control = self.target.control
        assert control is not None
        if self.how == "pause":
            await asyncio.to_thread(control.pause, self.role)
        else:
            await asyncio.to_thread(control.stop, self.role, kill=self.how == "kill")

    async def end(self) -> None:
        control = self.target.control
        assert control is not None
        await asyncio.to_thread(control.resume if self.how == "pause" else control.start, self.role)


async def readiness(urls: Sequence[str], failing: set[str], within_s: float) -> float:
    """Seconds until every instance says that these checks fail, and no other."""
    begun = time.monotonic()
    async with httpx.AsyncClient(timeout=within_s + 5, verify=False) as client:
        for url in urls:
            while (found := await _failing(client, url)) != failing:
                assert time.monotonic() - begun < within_s, f"{url} says {found}, not {failing}"
                await asyncio.sleep(0.05)
    return time.monotonic() - begun


async def _failing(client: httpx.AsyncClient, url: str) -> set[str]:
    answer = await client.get(f"{url}/health/ready")
    failing = {name for name, word in answer.json()["checks"].items() if word != "ok"}
    assert answer.status_code == (503 if failing else 200)
    return failing


def assert_nothing_went_wrong(running: Traffic) -> None:
    assert [str(fault) for fault in compare(running.books.entries)] == [], str(running.books)
    assert not running.books.outstanding(), str(running.books)
    assert running.callers.hung() == [], running.callers.hung()
    assert running.unexpected == [], running.unexpected
