"""The same traffic against brokers that break a promise: it must come out broken."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.bench import Bench
from tests.faults.books import Wrong, compare
from tests.faults.conftest import SETTINGS
from tests.faults.traffic import traffic

pytestmark = pytest.mark.faults

FOUND_BY = {
    "lost_1_of_50": Wrong.LOST,
    "confirm_forgets_one": Wrong.DOUBLED,
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("bench")) as ready:
        yield ready


@pytest.mark.parametrize(("name", "wrong"), FOUND_BY.items())
async def test_a_broken_broker_is_found(bench: Bench, name: str, wrong: Wrong) -> None:
    await asyncio.to_thread(bench.put, f"tests.mutants.{name}", "phase-0.3", environment=SETTINGS)
    async with traffic(bench.base_urls, seed=1, settle_s=2) as running:
        await asyncio.sleep(3)

    assert {fault.wrong for fault in compare(running.books.entries)} == {wrong}, str(running.books)
