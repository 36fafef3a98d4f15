"""What a sender may still do about its intent: ask how far it has come, and take it back before anybody got it."""

from __future__ import annotations

import asyncio
import uuid

import httpx
import pytest

from ainp_harness.targets.embedded import EmbeddedTarget
from tests.reference_broker.agents import Agent, code
from tests.reference_broker.conftest import MakeAgent
from tests.reference_broker.test_websocket import frame, open_socket


async def status(agent: Agent, intent_id: str) -> str:
    answer = await agent.proven("GET", f"/api/v1/intents/{intent_id}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


async def cancel(agent: Agent, intent_id: str) -> httpx.Response:
    return await agent.proven("DELETE", f"/api/v1/intents/{intent_id}")


async def test_an_intent_is_queued_then_delivered_then_confirmed(alice: Agent, bob: Agent) -> None:
    message = alice.intent(bob.did)
    await alice.post("/api/v1/intents", message)

    told = (await alice.proven("GET", f"/api/v1/intents/{message['id']}")).json()
    assert told == {"id": message["id"], "status": "queued", "expires_at": message["timestamp"] + message["ttl"]}
    (waiting,) = await bob.poll()
    assert await status(alice, message["id"].upper()) == "delivered"
    await bob.confirm(waiting["delivery_id"])
    assert await status(alice, message["id"]) == "confirmed"


async def test_what_nobody_fetched_in_time_has_expired(alice: Agent, bob: Agent) -> None:
    intent_id = (await alice.send(bob.did, ttl=500)).json()["id"]
    await asyncio.sleep(1.7)  # the margin is 1 s here

    assert await status(alice, intent_id) == "expired"
    assert code(await cancel(alice, intent_id)) == (410, "TIMEOUT")


async def test_a_cancelled_intent_reaches_nobody(alice: Agent, bob: Agent) -> None:
    intent_id = (await alice.send(bob.did)).json()["id"]
    kept = (await alice.send(bob.did)).json()["id"]

    assert [(await cancel(alice, intent_id)).status_code for _ in range(2)] == [204, 204]
    assert await status(alice, intent_id) == "cancelled"
    assert [message["envelope"]["id"] for message in await bob.poll()] == [kept]
    assert code(await bob.answer(intent_id, to=alice.did)) == (404, "NOT_FOUND")
    assert code(await alice.send(bob.did, id=intent_id)) == (409, "DUPLICATE_INTENT")


@pytest.mark.parametrize("by", ["poll", "websocket"])
async def test_what_was_delivered_is_not_cancelled(target: EmbeddedTarget, alice: Agent, bob: Agent, by: str) -> None:
    intent_id = (await alice.send(bob.did)).json()["id"]
    if by == "poll":
        await bob.poll()
    else:
        async with open_socket(target, bob) as socket:
            await frame(socket)

    assert code(await cancel(alice, intent_id)) == (410, "TIMEOUT")
    assert [message["envelope"]["id"] for message in await bob.poll()] == [intent_id]


async def test_of_fetching_and_cancelling_at_once_one_succeeds(target: EmbeddedTarget, agent: MakeAgent) -> None:
    """On two instances, again and again: what was cancelled was not delivered, and what was delivered not cancelled."""
    async with httpx.AsyncClient(base_url=target.base_urls[1], timeout=30, verify=False) as other:
        for _ in range(15):
            alice, bob = agent(), Agent(other)
            await bob.register()
            intent_id = (await alice.send(bob.did)).json()["id"]
            cancelled, fetched = await asyncio.gather(cancel(alice, intent_id), bob.poll())
            assert (cancelled.status_code == 204) != bool(fetched)
            assert bool(await bob.poll()) == bool(fetched)


async def test_only_the_sender_asks_and_cancels(alice: Agent, bob: Agent) -> None:
    intent_id = (await alice.send(bob.did)).json()["id"]
    path = f"/api/v1/intents/{intent_id}"

    for method in ("GET", "DELETE"):
        assert code(await bob.proven(method, path)) == (403, "UNAUTHORIZED")
        assert code(await bob.call(method, path)) == (401, "UNAUTHORIZED")
        assert code(await bob.proven(method, path, claim=alice.did)) == (401, "INVALID_SIGNATURE")
        assert code(await alice.proven(method, f"/api/v1/intents/{uuid.uuid4()}")) == (404, "NOT_FOUND")
    assert await status(alice, intent_id) == "queued"
    assert len(await bob.poll()) == 1


async def test_a_query_that_is_cancelled_leaves_every_queue(alice: Agent, agent: MakeAgent) -> None:
    word, tag = "repairs violins", uuid.uuid4().hex
    makers = [agent() for _ in range(2)]
    for maker in makers:
        await maker.register(word, tags=(tag,))
    receipt = (await alice.send(to_query={"description": word, "tags": [tag]})).json()
    assert set(receipt["recipients"]) == {maker.did for maker in makers}

    assert (await cancel(alice, receipt["id"])).status_code == 204
    assert [await maker.poll() for maker in makers] == [[], []]


async def test_whoever_is_left_out_of_a_query_may_not_answer_it(alice: Agent, agent: MakeAgent) -> None:
    """With no_queue the absent ones do not get it."""
    word, tag = "repairs cellos", uuid.uuid4().hex
    here, away = agent(), agent()
    for maker in (here, away):
        await maker.register(word, tags=(tag,))
    await here.poll()
    payload = {**alice.intent(here.did)["payload"], "metadata": {"no_queue": True}}
    receipt = (await alice.send(to_query={"description": word, "tags": [tag]}, payload=payload)).json()
    assert receipt["recipients"] == [here.did]

    assert code(await away.answer(receipt["id"], to=alice.did)) == (403, "UNAUTHORIZED")
    assert (await here.answer(receipt["id"], to=alice.did)).status_code == 202
