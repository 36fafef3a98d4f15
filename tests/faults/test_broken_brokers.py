"""The same traffic against brokers that break a promise: it must come out broken."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.bench import Bench
from tests.faults.books import Step, Wrong, compare
from tests.faults.conftest import SETTINGS
from tests.faults.traffic import traffic

pytestmark = pytest.mark.faults

FOUND_BY = {
    "lost_1_of_50": (Wrong.LOST, 0),
    "confirm_forgets_one": (Wrong.DOUBLED, 0),
    "acknowledged_before_stored": (Wrong.LOST, 2),
}
"""A mutant, what the books say of it, and how often it has to be killed for that."""

ENOUGH = 60
ENOUGH_S = 20.0


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("bench")) as ready:
        yield ready


@pytest.mark.parametrize("name", FOUND_BY)
async def test_a_broken_broker_is_found(bench: Bench, name: str) -> None:
    wrong, kills = FOUND_BY[name]
    await asyncio.to_thread(bench.put, f"tests.mutants.{name}", "phase-0.3", environment=SETTINGS)
    async with traffic(bench.base_urls, seed=1, settle_s=2) as running:
        async with asyncio.timeout(ENOUGH_S):
            while len(running.books.ids(Step.ACKNOWLEDGED)) < ENOUGH:  # noqa: ASYNC110  # as in settle
                await asyncio.sleep(0.1)
        for _ in range(kills):
            await asyncio.sleep(1)
            await asyncio.to_thread(bench.control.restart, "broker", kill=True)  # type: ignore[union-attr]

    assert {fault.wrong for fault in compare(running.books.entries)} == {wrong}, str(running.books)
