"""Receiving by push."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ainp_harness.targets.embedded import EmbeddedTarget
from tests.reference_broker.agents import Agent, now_ms


@asynccontextmanager
async def open_socket(
    target: EmbeddedTarget, agent: Agent, *, did: str | None = None, proof: bool = True
) -> AsyncIterator[ClientConnection]:
    path = f"/api/v1/ws?did={did or agent.did}" if did != "" else "/api/v1/ws"
    headers = agent.identity.prove(method="GET", target=path, timestamp_ms=now_ms()) if proof else {}
    url = target.base_url.replace("http:", "ws:") + path
    async with connect(url, additional_headers={**headers, "X-Forwarded-For": agent.address}, max_size=None) as socket:
        yield socket


async def frame(socket: ClientConnection, within_s: float = 2.0) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), within_s))
    return value


async def test_messages_are_pushed_confirmed_and_not_repeated(target: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    async with open_socket(target, bob) as socket:
        assert socket.response is not None
        assert socket.response.headers["X-AINP-Instance"]
        assert "server" not in socket.response.headers
        message = alice.intent(bob.did)
        assert (await alice.post("/api/v1/intents", message)).json()["status"] == "accepted"
        pushed = await frame(socket)
        assert pushed["envelope"] == message
        await alice.send(bob.did)
        unconfirmed = await frame(socket)
        await socket.send(json.dumps({"confirm": [pushed["delivery_id"], "unknown"]}))
        assert await frame(socket) == {"confirmed": [pushed["delivery_id"], "unknown"]}
        assert [waiting["delivery_id"] for waiting in await bob.poll()] == [unconfirmed["delivery_id"]]

    async with open_socket(target, bob) as socket:
        assert await frame(socket) == unconfirmed
        with pytest.raises(TimeoutError):
            await frame(socket, 0.3)


async def test_a_backlog_comes_slowly_in_order_and_urgent_first(target: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    urgent = {"urgency": 0.9, "importance": 0.5, "novelty": 0.5, "ethicalWeight": 0.5}
    plain = [alice.intent(bob.did) for _ in range(8)]
    first = [alice.intent(bob.did, qos=urgent) for _ in range(8)]
    for message in plain + first:
        await alice.post("/api/v1/intents", message)

    async with open_socket(target, bob) as socket:
        began = time.monotonic()
        order = [(await frame(socket))["envelope"]["id"] for _ in range(16)]
        took = time.monotonic() - began

    assert order == [message["id"] for message in first + plain]
    assert 0.6 < took < 1.5


async def test_fifty_live_messages_arrive(target: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    async with open_socket(target, bob) as socket:
        sent = [alice.intent(bob.did) for _ in range(50)]
        began = time.monotonic()
        await asyncio.gather(*(alice.post("/api/v1/intents", message) for message in sent))
        got = {(await frame(socket))["envelope"]["id"] for _ in range(50)}
        assert got == {message["id"] for message in sent}
        assert time.monotonic() - began < 2


async def test_a_second_connection_replaces_the_first(target: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    async with open_socket(target, bob) as first, open_socket(target, bob) as second:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(first.recv(), 2)
        assert first.close_code == 4001
        await alice.send(bob.did)
        assert (await frame(second))["envelope"]["from_did"] == alice.did


async def test_presence_ends_with_the_connection(target: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    async with open_socket(target, bob):
        assert (await alice.send(bob.did)).json()["status"] == "accepted"
        await asyncio.sleep(2.5)
        assert (await alice.send(bob.did)).json()["status"] == "accepted"
    await asyncio.sleep(0.1)
    assert (await alice.send(bob.did)).json()["status"] == "queued"


@pytest.mark.parametrize(("sent", "close_code"), [("garbage", 1007), ('{"confirm":1}', 1007), (b"\x00", 1003), ("x" * 1_100_000, 1009)])
async def test_wrong_frames_get_a_close_code(target: EmbeddedTarget, bob: Agent, sent: str | bytes, close_code: int) -> None:
    async with open_socket(target, bob) as socket:
        await socket.send(sent)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 2)
        assert socket.close_code == close_code


@pytest.mark.parametrize(("others", "proof", "status"), [(False, False, 401), (True, True, 403), ("", True, 400)])
async def test_refused_upgrades(target: EmbeddedTarget, alice: Agent, bob: Agent, others: bool | str, proof: bool, status: int) -> None:
    did = "" if others == "" else (bob.did if others else alice.did)
    with pytest.raises(InvalidStatus) as refused:
        async with open_socket(target, alice, did=did, proof=proof):
            pass
    response = refused.value.response
    assert response.status_code == status
    assert json.loads(response.body or b"")["msg_type"] == "ERROR"
    assert response.headers["X-AINP-Instance"]
    assert response.headers["X-RateLimit-Remaining"] == "99"
