"""Negotiating over HTTP, with two instances: who is told what, what is refused, and what happens by itself."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ainp_harness.targets.embedded import EmbeddedTarget
from ainp_harness.wire.did import public_key_of
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.messages import NEGOTIATE_SCHEMA, envelope, negotiate_payload
from ainp_harness.wire.signing import verify
from tests.reference_broker.agents import Agent, code, stamp
from tests.reference_broker.conftest import MakeAgent


def message(agent: Agent, negotiation: str, phase: str, number: int, *, to: Agent | None = None, **payload: Any) -> dict[str, Any]:
    """A signed NEGOTIATE; `payload` are proposal and constraints."""
    if phase in ("OFFER", "COUNTER"):
        payload.setdefault("proposal", {"price": 10})
    said = negotiate_payload(negotiation, phase, number, **payload)
    made = envelope(MsgType.NEGOTIATE, stamp(), from_did=agent.did, to_did=to.did if to else None, schema=NEGOTIATE_SCHEMA, payload=said)
    return agent.identity.sign(made)


async def say(agent: Agent, negotiation: str, phase: str, number: int, *, to: Agent | None = None, **payload: Any) -> httpx.Response:
    return await agent.post("/api/v1/negotiations", message(agent, negotiation, phase, number, to=to, **payload))


async def read(agent: Agent, negotiation: str) -> httpx.Response:
    return await agent.proven("GET", f"/api/v1/negotiations/{quote(negotiation, safe='')}")


async def heard(agent: Agent, *phases: str) -> list[dict[str, Any]]:
    """The NEGOTIATEs that wait, once as many as these phases are there; they are of these phases, in whatever order."""
    for _ in range(40):
        envelopes = [one["envelope"] for one in await agent.poll()]
        if len(envelopes) >= len(phases):
            break
        await asyncio.sleep(0.1)
    assert sorted(one["payload"]["phase"] for one in envelopes) == sorted(phases)
    return envelopes


@pytest.fixture
def negotiation() -> str:
    return f"n {uuid.uuid4()}/ä?"


@pytest.fixture
async def group(agent: MakeAgent) -> list[Agent]:
    agents = [agent() for _ in range(3)]
    for one in agents:
        await one.register()
    return agents


async def test_two_agree(alice: Agent, bob: Agent, negotiation: str) -> None:
    offer = message(alice, negotiation, "OFFER", 1, to=bob, proposal={"price": 10, "nul": "\x00"})
    assert (await alice.post("/api/v1/negotiations", offer)).json() == {
        "negotiation_id": negotiation,
        "state": "open",
        "round": 1,
        "proposal": {"price": 10, "nul": "\x00"},
        "constraints": {"max_rounds": 10, "timeout_per_round_ms": 5000, "convergence_threshold": 0.9},
        "convergence": None,
        "participants": [alice.did, bob.did],
    }
    counter = message(bob, negotiation, "COUNTER", 2, to=alice, proposal={"price": 4})
    assert (await bob.post("/api/v1/negotiations", counter)).json()["convergence"] == pytest.approx(0.4)
    accept = message(alice, negotiation, "ACCEPT", 2)
    assert (await alice.post("/api/v1/negotiations", accept)).json()["state"] == "accepted"

    for one in (alice, bob):
        told = (await read(one, negotiation)).json()
        assert (told["state"], told["round"], told["proposal"]) == ("accepted", 2, {"price": 4})
    assert [one["envelope"] for one in await bob.poll()] == [offer, accept]
    assert [one["envelope"] for one in await alice.poll()] == [counter]


async def test_what_is_refused(alice: Agent, bob: Agent, agent: MakeAgent, negotiation: str) -> None:
    mallory = agent()
    assert code(await say(bob, negotiation, "ACCEPT", 1)) == (404, "NOT_FOUND")
    assert code(await read(bob, negotiation)) == (404, "NOT_FOUND")
    assert code(await say(alice, negotiation, "OFFER", 1, to=mallory)) == (404, "AGENT_OFFLINE")
    assert code(await say(alice, negotiation, "OFFER", 1, to=alice)) == (400, "INVALID_ENVELOPE")
    assert code(await say(alice, negotiation, "OFFER", 1)) == (400, "INVALID_ENVELOPE")
    assert (await say(alice, negotiation, "OFFER", 1, to=bob)).status_code == 200

    assert code(await say(mallory, negotiation, "OFFER", 1, to=bob)) == (403, "UNAUTHORIZED")
    assert code(await say(mallory, negotiation, "ACCEPT", 1)) == (403, "UNAUTHORIZED")
    assert code(await read(mallory, negotiation)) == (403, "UNAUTHORIZED")
    assert code(await mallory.call("GET", f"/api/v1/negotiations/{quote(negotiation, safe='')}")) == (401, "UNAUTHORIZED")
    assert code(await say(alice, negotiation, "OFFER", 1, to=bob)) == (409, "NEGOTIATION_FAILED")
    assert code(await say(bob, negotiation, "HAGGLE", 1)) == (400, "INVALID_ENVELOPE")
    forged = {**message(bob, negotiation, "ACCEPT", 1), "sig": "A" * 86 + "=="}
    assert code(await mallory.post("/api/v1/negotiations", forged)) == (401, "INVALID_SIGNATURE")
    unknown = bob.identity.sign({**message(bob, negotiation, "ACCEPT", 1), "schema": "https://ainp.dev/schemas/other/v1"})
    assert code(await bob.post("/api/v1/negotiations", unknown)) == (422, "UNSUPPORTED_SCHEMA")
    assert code(await bob.post("/api/v1/intents", message(bob, negotiation, "ACCEPT", 1))) == (400, "INVALID_ENVELOPE")
    terms = {"price": 10, "terms": {"escrow_required": True}}
    assert code(await say(bob, negotiation, "ACCEPT", 1, proposal=terms)) == (402, "ESCROW_REQUIRED")

    assert [one["payload"]["phase"] for one in await heard(bob, "OFFER")] == ["OFFER"]
    assert await alice.poll() == []
    assert (await read(bob, negotiation)).json()["state"] == "open"


async def test_an_id_is_used_up_by_what_is_acknowledged_alone(alice: Agent, bob: Agent, negotiation: str) -> None:
    early = message(bob, negotiation, "ACCEPT", 1)
    assert code(await bob.post("/api/v1/negotiations", early)) == (404, "NOT_FOUND")
    offer = message(alice, negotiation, "OFFER", 1, to=bob)
    assert (await alice.post("/api/v1/negotiations", offer)).status_code == 200
    assert code(await alice.post("/api/v1/negotiations", offer)) == (409, "DUPLICATE_INTENT")
    assert (await bob.post("/api/v1/negotiations", early)).json()["state"] == "accepted"


async def test_of_many_at_once_one_is_carried_out(target: EmbeddedTarget, alice: Agent, bob: Agent, negotiation: str) -> None:
    """Half of them by either instance."""

    async def alone(by: Agent, said: dict[str, Any], number: int) -> int:
        async with httpx.AsyncClient(base_url=target.base_urls[number % 2], timeout=30) as http:
            return (await Agent(http, by.identity, by.address).post("/api/v1/negotiations", said)).status_code

    offers = await asyncio.gather(*(alone(alice, message(alice, negotiation, "OFFER", 1, to=bob), n) for n in range(12)))
    counters = await asyncio.gather(*(alone(bob, message(bob, negotiation, "COUNTER", 2, to=alice), n) for n in range(12)))

    assert sorted(offers) == sorted(counters) == [200] + [409] * 11
    await heard(bob, "OFFER")
    await heard(alice, "COUNTER")


async def test_time_ends_it_once_and_both_are_told(alice: Agent, bob: Agent, negotiation: str) -> None:
    short = {"max_rounds": 2, "timeout_per_round_ms": 400}
    assert (await say(alice, negotiation, "OFFER", 1, to=bob, constraints=short)).status_code == 200
    assert code(await say(alice, negotiation, "TIMEOUT", 1)) == (409, "NEGOTIATION_FAILED")

    (told,) = await heard(alice, "TIMEOUT")
    await heard(bob, "OFFER", "TIMEOUT")

    declared = (await alice.call("GET", "/api/v1")).json()["did"]
    assert (told["from_did"], told["to_did"], told["trace_id"]) == (declared, alice.did, "trace")
    verify(told, public_key_of(declared))
    assert told["payload"] == {
        "negotiation_id": negotiation,
        "round": 1,
        "phase": "TIMEOUT",
        "proposal": {"price": 10},
        "constraints": {**short, "convergence_threshold": 0.9},
    }
    assert code(await say(bob, negotiation, "ACCEPT", 1)) == (410, "TIMEOUT")
    assert (await read(bob, negotiation)).json()["state"] == "timed_out"
    await asyncio.sleep(0.6)
    await heard(alice, "TIMEOUT")  # by whichever instance, but once


async def test_the_end_is_seen_before_anybody_has_swept(alice: Agent, bob: Agent, negotiation: str) -> None:
    short = {"max_rounds": 1, "timeout_per_round_ms": 20}
    await say(alice, negotiation, "OFFER", 1, to=bob, constraints=short)
    await asyncio.sleep(0.03)
    assert code(await say(bob, negotiation, "ACCEPT", 1)) == (410, "TIMEOUT")
    await heard(alice, "TIMEOUT")


async def test_a_participant_may_say_that_a_round_took_too_long(alice: Agent, bob: Agent, negotiation: str) -> None:
    await say(alice, negotiation, "OFFER", 1, to=bob, constraints={"timeout_per_round_ms": 100})
    await asyncio.sleep(0.15)

    assert (await say(alice, negotiation, "TIMEOUT", 1)).json()["state"] == "timed_out"
    await heard(bob, "OFFER", "TIMEOUT")


async def test_a_group(group: list[Agent], negotiation: str) -> None:
    ann, ben, cat = group
    proposal = {"price": 10, "participants": [one.did for one in group], "voting_mechanism": "majority", "terms": {"days": ["mon"]}}
    threshold = {"convergence_threshold": 0.6}
    offer = message(ann, negotiation, "OFFER", 1, proposal=proposal, constraints=threshold)
    assert (await ann.post("/api/v1/negotiations", offer)).json()["constraints"]["max_rounds"] == 6

    first = await say(ben, negotiation, "COUNTER", 1, proposal={"price": 4, "terms": {"days": ["tue"]}})
    assert first.json()["round"] == 1
    assert code(await say(ben, negotiation, "ACCEPT", 1)) == (409, "NEGOTIATION_FAILED")
    assert (await say(cat, negotiation, "REJECT", 1)).json()["round"] == 2
    made = {**proposal, "price": 7, "terms": {"days": ["mon", "tue"]}}
    votes = [await say(one, negotiation, "ACCEPT" if one is not ann else "REJECT", 2) for one in group]

    assert [vote.json()["state"] for vote in votes] == ["open", "open", "accepted"]
    assert votes[2].json()["proposal"] == made
    assert votes[2].json()["convergence"] == pytest.approx(2 / 3)
    declared = (await ann.call("GET", "/api/v1")).json()["did"]
    by_broker = []
    for one, phases in (
        (ann, ("COUNTER", "REJECT", "ACCEPT", "ACCEPT")),
        (ben, ("OFFER", "REJECT", "REJECT", "ACCEPT")),
        (cat, ("OFFER", "COUNTER", "REJECT", "ACCEPT")),
    ):
        envelopes = await heard(one, *phases, "COUNTER", "ACCEPT")
        by_broker.append([said for said in envelopes if said["from_did"] == declared])
        assert one is ann or offer in envelopes
    assert by_broker[0] == by_broker[1] == by_broker[2]
    assert [(said["payload"]["phase"], said["payload"]["round"], "to_did" in said) for said in by_broker[0]] == [
        ("COUNTER", 2, False),
        ("ACCEPT", 2, False),
    ]
    assert by_broker[0][0]["payload"]["proposal"] == made
    for said in by_broker[0]:
        verify(said, public_key_of(declared))


async def test_a_group_that_does_not_answer(agent: MakeAgent, group: list[Agent], negotiation: str) -> None:
    """An initiator who is no participant hears how it goes, and does not vote."""
    initiator = agent()
    proposal = {"price": 10, "participants": [one.did for one in group], "voting_mechanism": "weighted"}
    rounds = {"max_rounds": 2, "timeout_per_round_ms": 300}
    began = time.monotonic()
    assert (await say(initiator, negotiation, "OFFER", 1, proposal=proposal, constraints=rounds)).status_code == 200
    assert code(await say(initiator, negotiation, "ACCEPT", 1)) == (409, "NEGOTIATION_FAILED")

    await heard(group[0], "OFFER", "COUNTER", "ABORT")
    await heard(initiator, "COUNTER", "ABORT")

    assert 0.5 < time.monotonic() - began < 3
    assert (await read(initiator, negotiation)).json()["state"] == "aborted"
    assert code(await say(group[0], negotiation, "ACCEPT", 2)) == (409, "NEGOTIATION_FAILED")


async def test_weights_are_those_that_get_agent_tells(group: list[Agent], negotiation: str) -> None:
    proposal = {"participants": [one.did for one in group], "voting_mechanism": "weighted", "convergence_threshold": 0.66}
    await say(group[0], negotiation, "OFFER", 1, proposal=proposal)
    await say(group[1], negotiation, "REJECT", 1)

    told = (await say(group[2], negotiation, "ACCEPT", 1)).json()

    assert (told["state"], told["convergence"]) == ("accepted", pytest.approx(2 / 3))


async def test_what_is_not_to_be_queued_is_refused_for_an_absent_other(alice: Agent, bob: Agent, negotiation: str) -> None:
    hasty = message(alice, negotiation, "OFFER", 1, to=bob)
    hasty["payload"]["metadata"] = {"no_queue": True}
    hasty = alice.identity.sign(hasty)
    await asyncio.sleep(2.1)  # presence of this broker: 2 s
    assert code(await alice.post("/api/v1/negotiations", hasty)) == (404, "AGENT_OFFLINE")
    assert code(await read(alice, negotiation)) == (404, "NOT_FOUND")  # nothing has begun
    await bob.poll()
    assert (await alice.post("/api/v1/negotiations", hasty)).status_code == 200
