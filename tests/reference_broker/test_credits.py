"""Credits: a bid is reserved, moves once, and comes back; whatever happens at once, the sum stays. Accounts begin with 100 here."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ainp_harness.targets.embedded import EmbeddedTarget
from ainp_harness.wire.messages import result_payload
from reference_broker.accounts import amount_of, minted
from tests.reference_broker.agents import Agent, code
from tests.reference_broker.conftest import MakeAgent
from tests.reference_broker.test_queue_control import cancel

EVEN = {"urgency": 0.5, "importance": 0.5, "novelty": 0.5, "ethicalWeight": 0.5}
START = "100.00000000"


def bid(amount: float) -> dict[str, Any]:
    return {**EVEN, "bid": amount}


async def account(agent: Agent) -> tuple[str, str]:
    answer = await agent.proven("GET", f"/api/v1/agents/{agent.did}/credits")
    assert answer.status_code == 200, answer.text
    return answer.json()["balance"], answer.json()["reserved"]


async def send(sender: Agent, to: Agent, amount: float) -> str:
    answer = await sender.send(to.did, qos=bid(amount))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def test_an_account_is_its_owners_alone(alice: Agent, bob: Agent) -> None:
    path = f"/api/v1/agents/{alice.did}/credits"

    assert await account(alice) == (START, "0.00000000")
    assert code(await alice.call("GET", path)) == (401, "UNAUTHORIZED")
    assert code(await bob.proven("GET", path)) == (403, "UNAUTHORIZED")


async def test_a_bid_moves_once_with_success(alice: Agent, bob: Agent) -> None:
    intent_id = await send(alice, bob, 2.5)
    assert await account(alice) == (START, "2.50000000")

    failed = {**result_payload(intent_id, {}), "status": "failed"}
    assert (await bob.answer(intent_id, to=alice.did, payload=failed)).status_code == 202
    assert await account(alice) == (START, "2.50000000")
    for _ in range(2):
        assert (await bob.answer(intent_id, to=alice.did)).status_code == 202

    assert await account(alice) == ("97.50000000", "0.00000000")
    assert await account(bob) == ("102.50000000", "0.00000000")


async def test_what_is_not_free_is_not_bid(alice: Agent, bob: Agent) -> None:
    await send(alice, bob, 60)

    refused = alice.intent(bob.did, qos=bid(40.00000001))
    assert code(await alice.post("/api/v1/intents", refused)) == (402, "INSUFFICIENT_CREDITS")
    assert code(await alice.send(bob.did, qos=bid(1e300))) == (402, "INSUFFICIENT_CREDITS")
    assert len(await bob.poll()) == 1
    assert (await alice.send(bob.did, id=refused["id"], qos=bid(40))).status_code == 202
    assert await account(alice) == (START, "100.00000000")


async def test_a_bid_comes_back_when_the_intent_is_cancelled_or_expires(alice: Agent, bob: Agent) -> None:
    intent_id = await send(alice, bob, 10)
    assert (await alice.send(bob.did, ttl=500, qos=bid(20))).status_code == 202
    assert await account(alice) == (START, "30.00000000")

    assert (await cancel(alice, intent_id)).status_code == 204
    assert await account(alice) == (START, "20.00000000")
    await asyncio.sleep(1.7)  # the margin is 1 s here
    assert await account(alice) == (START, "0.00000000")


async def test_a_result_after_the_deadline_is_delivered_and_earns_nothing(alice: Agent, bob: Agent) -> None:
    intent_id = (await alice.send(bob.did, ttl=500, qos=bid(20))).json()["id"]
    await asyncio.sleep(1.7)

    assert (await bob.answer(intent_id, to=alice.did)).status_code == 202
    assert await account(alice) == (START, "0.00000000")
    assert await account(bob) == (START, "0.00000000")


async def test_a_refused_intent_reserves_nothing(alice: Agent, agent: MakeAgent) -> None:
    assert code(await alice.send(agent().did, qos=bid(5))) == (404, "AGENT_OFFLINE")
    assert await account(alice) == (START, "0.00000000")


async def test_of_bids_at_once_only_as_many_pass_as_there_is_money_for(target: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    async with httpx.AsyncClient(base_url=target.base_urls[1], timeout=30, verify=False) as other:
        also_alice = Agent(other, alice.identity, alice.address)
        answers = await asyncio.gather(*(who.send(bob.did, qos=bid(9)) for who in (alice, also_alice) * 10))

    assert sorted(answer.status_code for answer in answers) == [202] * 11 + [402] * 9
    assert await account(alice) == (START, "99.00000000")


async def test_transfers_that_cross_keep_the_sum(target: EmbeddedTarget, agent: MakeAgent) -> None:
    """Everybody pays everybody at once over two instances, each RESULT twice."""
    async with httpx.AsyncClient(base_url=target.base_urls[1], timeout=30, verify=False) as other:
        people = [agent() for _ in range(4)]
        twins = {one.did: Agent(other, one.identity, one.address) for one in people}
        for one in people:
            await one.register()
        pairs = [(one, to) for one in people for to in people if one is not to]
        ids = await asyncio.gather(*(send(one, to, 0.1 * (n + 1)) for n, (one, to) in enumerate(pairs)))
        answers = await asyncio.gather(
            *(who.answer(i, to=one.did) for (one, to), i in zip(pairs, ids, strict=True) for who in (to, twins[to.did]))
        )

    assert {answer.status_code for answer in answers} == {202}
    told = [await account(one) for one in people]
    assert sum(Decimal(balance) for balance, _ in told) == 400
    assert {reserved for _, reserved in told} == {"0.00000000"}


async def test_only_administrators_mint(target: EmbeddedTarget, alice: Agent) -> None:
    environment = {"DATABASE_URL": target.database_url, "REDIS_URL": target.redis_url, "NATS_URL": target.stream_url}

    def mint(did: str, amount: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "reference_broker", "mint", did, amount]
        settings = {**os.environ, **environment, "AINP_STARTING_BALANCE": "100"}
        return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=30, check=False)

    done = await asyncio.to_thread(mint, alice.did, "12.5")

    assert (done.returncode, "112.50000000 credits" in done.stdout) == (0, True), done.stderr
    assert await account(alice) == ("112.50000000", "0.00000000")
    for did, amount in ((alice.did, "-1"), ("nobody", "1")):
        assert (await asyncio.to_thread(mint, did, amount)).returncode == 1
    await alice.register()
    await alice.register()
    assert await account(alice) == ("112.50000000", "0.00000000")


@pytest.mark.parametrize(("number", "amount"), [(2.5, "2.50000000"), (0.1, "0.10000000"), (1e-9, "0.00000000")])
def test_a_bid_as_an_amount(number: float, amount: str) -> None:
    assert f"{amount_of(number):.8f}" == amount


@pytest.mark.parametrize("text", ["0", "-1", "1e-9", "NaN", "Infinity", "1e13", "many", ""])
def test_what_is_no_amount_is_not_minted(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        minted(text)
