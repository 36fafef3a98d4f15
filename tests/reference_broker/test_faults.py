"""Services that go away, instances that share everything, and a process that ends."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import nats
import pytest
from websockets.exceptions import ConnectionClosed

from ainp_harness.targets.embedded import EmbeddedTarget
from tests.reference_broker.agents import Agent, code
from tests.reference_broker.test_websocket import frame, open_socket


@pytest.fixture
def pair(target: EmbeddedTarget) -> EmbeddedTarget:
    return target


@pytest.fixture
async def clients(pair: EmbeddedTarget) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with (
        httpx.AsyncClient(base_url=pair.base_urls[0], timeout=10, verify=False) as one,
        httpx.AsyncClient(base_url=pair.base_urls[1], timeout=10, verify=False) as two,
    ):
        yield [one, two]


@pytest.fixture
def alice(clients: list[httpx.AsyncClient]) -> Agent:
    return Agent(clients[0])


@pytest.fixture
async def bob(clients: list[httpx.AsyncClient]) -> Agent:
    bob = Agent(clients[1])
    assert (await bob.register()).status_code == 201
    return bob


def elsewhere(agent: Agent, client: httpx.AsyncClient) -> Agent:
    return Agent(client, agent.identity, agent.address)


@asynccontextmanager
async def without(pair: EmbeddedTarget, role: str, *, pause: bool = False) -> AsyncIterator[None]:
    assert pair.control is not None
    (pair.control.pause if pause else pair.control.stop)(role)
    try:
        yield
    finally:
        (pair.control.resume if pause else pair.control.start)(role)


async def ready(client: httpx.AsyncClient, expected: dict[str, str], within_s: float) -> None:
    until = time.monotonic() + within_s
    while (checks := (await client.get("/health/ready")).json()["checks"]) != expected:
        assert time.monotonic() < until, checks
        await asyncio.sleep(0.1)


OK = {"database": "ok", "redis": "ok", "nats": "ok"}


async def test_instances_share_what_they_know(pair: EmbeddedTarget, clients: list[httpx.AsyncClient], alice: Agent, bob: Agent) -> None:
    declared = [(await Agent(client).call("GET", "/api/v1")).json() for client in clients]
    assert declared[0]["did"] == declared[1]["did"]
    assert declared[0]["instance"] != declared[1]["instance"]
    message = alice.intent(bob.did)
    answers = await asyncio.gather(*(elsewhere(alice, clients[n % 2]).post("/api/v1/intents", message) for n in range(20)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 19
    (waiting,) = await elsewhere(bob, clients[0]).poll()
    assert (await elsewhere(bob, clients[1]).confirm(waiting["delivery_id"])).status_code == 204
    assert await elsewhere(bob, clients[0]).poll() == []
    counted = await asyncio.gather(*(elsewhere(alice, clients[n % 2]).proven("GET", alice.inbox) for n in range(90)))
    assert sum(answer.status_code == 200 for answer in counted) == 80


async def test_a_push_comes_from_another_instance(pair: EmbeddedTarget, clients: list[httpx.AsyncClient], alice: Agent, bob: Agent) -> None:
    async with open_socket(pair, bob) as socket:  # at the first
        answer = await elsewhere(alice, clients[1]).send(bob.did)
        assert answer.json()["status"] == "accepted"
        assert (await frame(socket))["envelope"]["from_did"] == alice.did


@pytest.mark.parametrize("pause", [False, True])
async def test_losing_redis_reopens_nothing(
    pair: EmbeddedTarget, clients: list[httpx.AsyncClient], alice: Agent, bob: Agent, pause: bool
) -> None:
    message = alice.intent(bob.did)
    assert (await alice.post("/api/v1/intents", message)).status_code == 202
    async with without(pair, "redis", pause=pause):
        await ready(clients[0], {**OK, "redis": "error"}, 2)
        assert code(await alice.post("/api/v1/intents", message)) == (409, "DUPLICATE_INTENT")
        degraded = await alice.send(bob.did)
        assert (degraded.status_code, degraded.headers["X-RateLimit-Degraded"]) == (202, "true")
        answers = await asyncio.gather(*(alice.proven("GET", alice.inbox) for _ in range(110)))
        assert sum(answer.status_code == 200 for answer in answers) == 98
    await ready(clients[0], OK, 5)
    answer = await alice.post("/api/v1/intents", message)
    assert code(answer) == (409, "DUPLICATE_INTENT")
    assert "X-RateLimit-Degraded" not in answer.headers


@pytest.mark.parametrize("pause", [False, True])
async def test_while_nats_is_down_nothing_is_acknowledged(
    pair: EmbeddedTarget, clients: list[httpx.AsyncClient], alice: Agent, bob: Agent, pause: bool
) -> None:
    kept = (await alice.send(bob.did)).json()["id"]
    async with without(pair, "nats", pause=pause):
        began = time.monotonic()
        refused = [alice.intent(bob.did) for _ in range(3)]
        for answer in await asyncio.gather(*(alice.post("/api/v1/intents", message) for message in refused)):
            assert code(answer) == (503, "UNAVAILABLE")
            assert answer.json()["retry_after_ms"] > 0
            assert answer.headers["Retry-After"]
        assert time.monotonic() - began < 4
        await ready(clients[0], {**OK, "nats": "error"}, 2)
        assert (await clients[0].get("/health")).status_code == 200
    await ready(clients[1], OK, 5)
    await asyncio.sleep(0.3)
    assert [message["envelope"]["id"] for message in await bob.poll()] == [kept]
    await ready(clients[0], OK, 5)
    assert (await alice.post("/api/v1/intents", refused[0])).status_code == 202


@pytest.mark.parametrize("pause", [False, True])
async def test_while_postgresql_is_down_nothing_is_registered(
    pair: EmbeddedTarget, clients: list[httpx.AsyncClient], alice: Agent, bob: Agent, pause: bool
) -> None:
    async with without(pair, "postgres", pause=pause):
        answers = await asyncio.gather(alice.register(), alice.send(bob.did), alice.call("GET", "/api/v1/discovery?query=x"))
        assert [code(answer) for answer in answers] == [(503, "UNAVAILABLE")] * 3
        await ready(clients[0], {**OK, "database": "error"}, 2)
    await ready(clients[0], OK, 5)
    assert (await alice.register()).status_code == 201


async def test_stopping_finishes_what_was_begun(pair: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    kept = (await alice.send(bob.did)).json()["id"]
    carol = Agent(alice.http)
    async with open_socket(pair, carol) as socket:
        polling = asyncio.create_task(alice.poll(wait_ms=20_000))
        host, port = pair.base_urls[0].removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /api/v1/intents HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{")
        await asyncio.sleep(0.3)
        pid = dict(pair.processes())["broker"]
        os.kill(pid, signal.SIGTERM)
        assert await asyncio.wait_for(polling, 3) == []
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 3)
        assert socket.close_code == 1001
        await asyncio.sleep(0.5)
        writer.write(b"}")
        assert b" 400 " in await asyncio.wait_for(reader.readline(), 3)
        writer.close()
    assert pair.control is not None
    child = pair._brokers["broker"].child
    assert child is not None
    assert child.wait(10) == 0
    pair.control.restart("broker")
    assert [message["envelope"]["id"] for message in await bob.poll()] == [kept]


async def test_a_killed_broker_has_lost_nothing(pair: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    message = alice.intent(bob.did)
    assert (await alice.post("/api/v1/intents", message)).status_code == 202
    assert pair.control is not None
    pair.control.restart("broker", kill=True)

    assert code(await alice.post("/api/v1/intents", message)) == (409, "DUPLICATE_INTENT")
    assert [waiting["envelope"] for waiting in await bob.poll()] == [message]
    assert (await alice.call("GET", f"/api/v1/agents/{bob.did}")).status_code == 200


async def test_the_services_are_as_promised(pair: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    await alice.send(bob.did)
    connection = await asyncpg.connect(pair.database_url)
    assert await connection.fetchval("SELECT version FROM schema_version") == "0.1.1"
    names = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ainp-broker'"
    assert 0 < await connection.fetchval(names) <= 20
    await connection.close()
    client = await nats.connect(pair.stream_url)
    info = await client.jetstream().stream_info("ainp-intents", subjects_filter=f"ainp.intents.{bob.did}")
    assert (info.config.storage, info.config.max_age) == ("file", 7 * 24 * 3_600)
    assert info.state.subjects == {f"ainp.intents.{bob.did}": 1}
    await client.close()
