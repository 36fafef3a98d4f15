"""Intents: acknowledged means delivered, to the one who is addressed, once, with its content."""

from __future__ import annotations

import asyncio

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
    closed = await probe.close_websocket(socket)
    probe.control("opens", closed)
    probe.claim("received", closed, ids=[intent["id"] for intent in sent])


@requirement("AINP-INT-003")
async def test_it_reaches_nobody_else(probe: Probe) -> None:
    alice, bob, carol = probe.agent("alice"), await probe.recipient(), await probe.recipient()
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
    bobs, carols = [await probe.close_websocket(socket) for socket in sockets]
    probe.control("opens", bobs, carols)
    probe.control("arrived", bobs, ids=[intent["id"]], requirement="AINP-INT-002")
    probe.claim("not_received", carols, ids=[intent["id"]], after=control["id"])


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
