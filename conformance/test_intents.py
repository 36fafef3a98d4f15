"""Intents: acknowledged means delivered, to the one who is addressed, once, with its content."""

from __future__ import annotations

import asyncio

import pytest

from ainp_harness.wire.messages import capability
from conformance.kit.agents import Agent, Envelope
from conformance.kit.driver import DELIVERY_S
from conformance.kit.probe import Probe, requirement

MANY = 50


@requirement("AINP-INT-001")
async def test_an_intent_reaches_its_agent(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "receives notes")
    text = f"the text of {probe.token}"
    intent = alice.intent(bob, text)
    probe.claim("accepted", await probe.send(intent, alice))
    polls = await probe.drain(bob, until=intent["id"])
    probe.claim("carries", *polls, id=intent["id"], from_did=alice.did, text=text)


@requirement("AINP-INT-002")
async def test_no_acknowledged_intent_is_lost_to_polling(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "receives many notes")
    sent = [alice.intent(bob) for _ in range(MANY)]
    exchanges = await asyncio.gather(*(probe.send(intent, alice) for intent in sent))
    probe.control("accepted", *exchanges)
    polls = await probe.drain(bob, until=[intent["id"] for intent in sent])
    probe.claim("received", *polls, ids=[intent["id"] for intent in sent])


@requirement("AINP-INT-002")
async def test_no_acknowledged_intent_is_lost_over_a_websocket(probe: Probe) -> None:
    if not probe.declares("websocket"):
        probe.leaves_out("websocket")
    alice, bob = probe.agent("alice"), await probe.registered("bob", "listens to many notes")
    socket = await probe.open_websocket(bob)
    sent = [alice.intent(bob) for _ in range(MANY)]
    exchanges = await asyncio.gather(*(probe.send(intent, alice) for intent in sent))
    probe.control("accepted", *exchanges)
    await socket.wait_for(MANY, timeout_s=DELIVERY_S)
    closed, *named = await probe.came_over(bob, socket)
    probe.control("opens", closed)
    probe.claim("received", closed, *named, ids=[intent["id"] for intent in sent])


@requirement("AINP-INT-003")
async def test_it_reaches_nobody_else(probe: Probe) -> None:
    """Carol, who got one a moment ago, does not get bob's too."""
    alice, bob, carol = probe.agent("alice"), await probe.recipient(), await probe.recipient()
    earlier = alice.intent(carol)
    probe.control("accepted", await probe.send(earlier, alice))
    probe.control("received", *await probe.drain(carol, until=earlier["id"]), ids=[earlier["id"]], requirement="AINP-INT-002")
    intent = alice.intent(bob)
    probe.control("accepted", await probe.send(intent, alice))
    polls = await probe.drain(bob, until=intent["id"])
    probe.claim("received", *polls, ids=[intent["id"]])
    control = alice.intent(carol)
    probe.control("accepted", await probe.send(control, alice))
    polls = await probe.drain(carol, until=control["id"])
    probe.claim("not_received", *polls, ids=[intent["id"]], after=control["id"])


@requirement("AINP-INT-003")
async def test_it_reaches_nobody_elses_websocket(probe: Probe) -> None:
    """Carol listens while bob gets a message; then one to her shows that she would have heard it."""
    if not probe.declares("websocket"):
        probe.leaves_out("websocket")
    alice, bob = probe.agent("alice"), await probe.registered("bob", "listens for himself")
    carol = await probe.registered("carol", "listens beside")
    sockets = [await probe.open_websocket(agent) for agent in (bob, carol)]
    intent, control = alice.intent(bob), alice.intent(carol)
    probe.control("accepted", await probe.send(intent, alice))
    await sockets[0].wait_for(1, timeout_s=DELIVERY_S)
    probe.control("accepted", await probe.send(control, alice))
    await sockets[1].wait_for(1, timeout_s=DELIVERY_S)
    bobs, carols = [await probe.came_over(agent, socket) for agent, socket in zip((bob, carol), sockets, strict=True)]
    probe.control("opens", bobs[0], carols[0])
    probe.control("arrived", *bobs, ids=[intent["id"]], requirement="AINP-INT-002")
    probe.claim("not_received", *carols, ids=[intent["id"]], after=control["id"])


@requirement("AINP-INT-014")
async def test_what_was_confirmed_does_not_come_again(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "confirms what it reads")
    sent = [alice.intent(bob) for _ in range(MANY)]
    probe.control("accepted", *await asyncio.gather(*(probe.send(intent, alice) for intent in sent)))
    polls = await probe.drain(bob, until=[intent["id"] for intent in sent])
    probe.control("received", *polls, ids=[intent["id"] for intent in sent], requirement="AINP-INT-002")
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    again = await probe.drain(bob, until=after["id"])
    probe.claim("not_received", *again, ids=[intent["id"] for intent in sent], after=after["id"])


def _unusual(alice: Agent, bob: Agent) -> Envelope:
    """A note with optional members, keys in no order, and numbers and texts that are easily lost on the way."""
    envelope = alice.full_intent(bob, "naïve “quotes” \\ \u2028 漢字 🙂")
    details = {
        "precise": 0.1234567890123456,
        "large": 2**53 - 1,
        "list": [1, [2, {"deep": None}]],
        "empty": {},
        "none": None,
        "b": 1,
        "a": 2,
    }
    envelope["payload"]["semantics"]["details"] = details
    return alice.sign(envelope)


@requirement("AINP-QOS-002")
async def test_an_envelope_arrives_as_it_was_signed(probe: Probe) -> None:
    """Unusual numbers and texts too: the recipient can verify what it gets."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    sent = await probe.send(_unusual(alice, bob), alice)
    probe.control("accepted", sent)
    polls = await probe.drain(bob, until=probe.id_of(sent))
    probe.claim("delivered_as_sent", sent, *polls)


@requirement("AINP-QOS-002")
async def test_an_envelope_comes_over_a_websocket_as_it_was_signed(probe: Probe) -> None:
    if not probe.declares("websocket"):
        probe.leaves_out("websocket")
    alice, bob = probe.agent("alice"), await probe.registered("bob", "verifies what it hears")
    socket = await probe.open_websocket(bob)
    sent = await probe.send(_unusual(alice, bob), alice)
    await socket.wait_for(1, timeout_s=DELIVERY_S)
    closed = await probe.close_websocket(socket)
    probe.control("accepted", sent)
    probe.control("opens", closed)
    probe.claim("delivered_as_sent", sent, closed)


UNRELATED = "irons shirts"
MOST_MATCHING = 12
"""More agents than a probe registers; a fan-out over it is not looked at."""


@requirement("AINP-INT-004")
async def test_a_query_reaches_those_that_match_and_no_more_than_declared(probe: Probe) -> None:
    """Matching agents have a tag of their own and are one more than the fan-out; the decoys say the same of themselves without it."""
    fan_out = probe.declared.fan_out or 1
    if not 1 <= fan_out < MOST_MATCHING:
        probe.leaves_out(f"a fan-out small enough to look at: it declares {fan_out}")
    alice, tag, text = probe.agent("alice"), f"tag-{probe.token}", "mends fishing nets by the sea"
    matching = [await probe.registered(f"matching {n}", text, [tag]) for n in range(fan_out + 1)]
    decoys = [await probe.registered("decoy", text, ["conformance"]), await probe.registered("other decoy", UNRELATED, ["conformance"])]
    for agent in [*matching, *decoys]:
        probe.control("accepted", await probe.poll(agent))  # present, so that nobody is left out
    if probe.offers("discover_text"):
        await probe.search(text, wanted=[agent.did for agent in matching], tags=[tag], tags_csv=tag)
    query = alice.query_intent(text, tags=[tag])
    probe.claim("accepted", await probe.send(query, alice))
    controls = {agent.did: alice.intent(agent) for agent in [*matching, *decoys]}
    probe.control("accepted", *[await probe.send(control, alice) for control in controls.values()])
    polls = [poll for agent in [*matching, *decoys] for poll in await probe.drain(agent, until=controls[agent.did]["id"])]
    most = probe.declared.fan_out or len(matching)
    after = {did: control["id"] for did, control in controls.items()}
    probe.claim("reaches_some", *polls, id=query["id"], matching=[agent.did for agent in matching], at_most=most, after=after)


@requirement("AINP-INT-005")
async def test_nobody_gets_what_is_sent_to_an_unknown_agent(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    probe.claim("refused", await probe.send(alice.intent(probe.agent("nobody")), alice), codes=["AGENT_OFFLINE"])
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    await probe.drain(bob, until=after["id"])


@requirement("AINP-INT-005")
@pytest.mark.parametrize("known_by", ["registering", "sending"])
async def test_of_a_known_agent_that_is_away_the_sender_is_told(probe: Probe, known_by: str) -> None:
    """ERRATUM-07: told at once, or queued silently like any other."""
    alice, bob, carol = probe.agent("alice"), probe.agent("bob"), await probe.recipient()
    if known_by == "registering":
        await probe.register(bob, [capability("is away")])  # `registered` might poll for it
    else:
        probe.control("accepted", await probe.send(bob.intent(carol), bob))
    intent = alice.intent(bob)
    sent = await probe.send(intent, alice)
    readings = {"told": {"expectation": "tells_absent"}, "silent": {"expectation": "accepted"}}
    probe.claim("follows_reading", sent, erratum="ERRATUM-07", readings=readings)
    if probe.accepted(sent):
        polls = await probe.drain(bob, until=intent["id"])
        probe.claim("arrived", *polls, ids=[intent["id"]])
    after = alice.intent(carol)
    probe.control("accepted", await probe.send(after, alice))
    await probe.drain(carol, until=after["id"])


@requirement("AINP-INT-006")
async def test_a_query_that_matches_nobody_is_the_senders_fault(probe: Probe) -> None:
    alice, tag = probe.agent("alice"), f"tag-{probe.token}"
    bob = await probe.registered("bob", "tunes harpsichords", [tag])
    if probe.offers("discover_text"):
        await probe.search("tunes harpsichords", wanted=[bob.did], tags=[tag], tags_csv=tag)
    before, after = (alice.query_intent("tunes harpsichords", tags=[tag]) for _ in range(2))
    probe.control("accepted", await probe.send(before, alice))
    nothing = alice.query_intent("qwxz vbnm plok", tags=[f"nobody-{probe.token}"])
    probe.claim("refused_with_a_code", await probe.send(nothing, alice))
    probe.control("accepted", await probe.send(after, alice))
    polls = await probe.drain(bob, until=[before["id"], after["id"]])
    probe.claim("not_received", *polls, ids=[nothing["id"]], after=after["id"])
