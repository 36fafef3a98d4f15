"""Two instances of the reference broker over real PostgreSQL, Redis and NATS, for all tests here. Periods are shorter than the
protocol's where a test would have to wait for them; addresses are taken from X-Forwarded-For, so that every agent has one of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from ainp_harness.targets.embedded import EmbeddedOptions, EmbeddedTarget
from tests.reference_broker.agents import Agent

SETTINGS = {
    "TRUSTED_PROXIES": "127.0.0.1",
    "LIMIT_WINDOW_S": "3",
    "PRESENCE_S": "2",
    "REPLAY_MARGIN_S": "1",
    "QUEUE_PER_AGENT": "60",
    "AINP_REVISION": "tests",
    "AINP_CREDITS": "true",
    "AINP_STARTING_BALANCE": "100",
    "AINP_LITE": "true",
}

MakeAgent = Callable[[], Agent]


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    logs: Path = tmp_path_factory.mktemp("broker-logs")
    with EmbeddedTarget(logs, EmbeddedOptions(instances=2, settings=SETTINGS)) as running:
        yield running


@pytest.fixture
async def http(target: EmbeddedTarget) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=target.base_url, timeout=30, verify=False) as client:
        yield client


@pytest.fixture
def agent(http: httpx.AsyncClient) -> MakeAgent:
    return lambda: Agent(http)


@pytest.fixture
def alice(agent: MakeAgent) -> Agent:
    return agent()


@pytest.fixture
async def bob(agent: MakeAgent) -> Agent:
    """Registered, and away."""
    bob = agent()
    assert (await bob.register()).status_code == 201
    return bob
