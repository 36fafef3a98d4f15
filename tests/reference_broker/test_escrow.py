"""Escrow: the accepted price is set aside, goes to the one who did the work, or comes back. Accounts begin with 100 here."""

from __future__ import annotations

import asyncio
import uuid

import httpx
import pytest

from tests.reference_broker.agents import Agent, code
from tests.reference_broker.test_credits import account
from tests.reference_broker.test_negotiation import read, say

TERMS = {"escrow_required": True, "escrow_ref": "escrow-1"}


async def agree(alice: Agent, bob: Agent, price: float) -> tuple[str, httpx.Response]:
    """Alice offers to pay bob, who accepts."""
    negotiation = str(uuid.uuid4())
    await say(alice, negotiation, "OFFER", 1, to=bob, proposal={"price": price, "terms": {"escrow_required": True}})
    return negotiation, await say(bob, negotiation, "ACCEPT", 1, to=alice, proposal={"price": price, "terms": TERMS})


async def test_accepting_sets_the_price_aside_and_success_pays_it(alice: Agent, bob: Agent) -> None:
    _, accepted = await agree(alice, bob, 30)
    assert accepted.json()["state"] == "accepted"
    assert await account(alice) == ("100.00000000", "30.00000000")

    await alice.register()
    intent_id = (await alice.send(bob.did)).json()["id"]
    assert (await bob.answer(intent_id, to=alice.did, trace_id="another trace")).status_code == 202
    assert await account(alice) == ("100.00000000", "30.00000000")
    for _ in range(2):
        assert (await bob.answer(intent_id, to=alice.did)).status_code == 202

    assert await account(alice) == ("70.00000000", "0.00000000")
    assert await account(bob) == ("130.00000000", "0.00000000")


@pytest.mark.parametrize("phase", ["ABORT", "TIMEOUT"])
async def test_calling_it_off_gives_the_price_back(alice: Agent, bob: Agent, phase: str) -> None:
    negotiation = str(uuid.uuid4())
    proposal = {"price": 30, "terms": TERMS}
    await say(alice, negotiation, "OFFER", 1, to=bob, proposal=proposal, constraints={"timeout_per_round_ms": 500})
    await say(bob, negotiation, "ACCEPT", 1, to=alice)
    assert await account(alice) == ("100.00000000", "30.00000000")

    await asyncio.sleep(0.6)  # a round: a TIMEOUT is not taken before
    assert (await say(bob, negotiation, phase, 1, to=alice)).status_code == 200

    assert await account(alice) == ("100.00000000", "0.00000000")
    assert (await read(alice, negotiation)).json()["state"] == ("aborted" if phase == "ABORT" else "timed_out")


async def test_a_price_over_the_balance_is_not_accepted(alice: Agent, bob: Agent) -> None:
    negotiation, refused = await agree(alice, bob, 100.5)

    assert code(refused) == (402, "INSUFFICIENT_CREDITS")
    assert (await read(alice, negotiation)).json()["state"] == "open"
    assert await account(alice) == ("100.00000000", "0.00000000")


async def test_without_an_escrow_an_accepted_negotiation_has_ended(alice: Agent, bob: Agent) -> None:
    negotiation = str(uuid.uuid4())
    await say(alice, negotiation, "OFFER", 1, to=bob)
    await say(bob, negotiation, "ACCEPT", 1, to=alice)

    assert code(await say(bob, negotiation, "ABORT", 1, to=alice)) == (409, "NEGOTIATION_FAILED")
    assert await account(alice) == ("100.00000000", "0.00000000")
