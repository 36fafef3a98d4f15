"""Intents: acknowledged means delivered, to the one who is addressed, once, with its content."""

from __future__ import annotations

import asyncio

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
    polls = await probe.drain(bob, until=sent[-1]["id"])
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
    await socket.wait_for(MANY, timeout_s=5)
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


@requirement("AINP-INT-014")
async def test_what_was_confirmed_does_not_come_again(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "confirms what it reads")
    sent = [alice.intent(bob) for _ in range(MANY)]
    probe.control("accepted", *await asyncio.gather(*(probe.send(intent, alice) for intent in sent)))
    polls = await probe.drain(bob, until=sent[-1]["id"])
    probe.control("received", *polls, ids=[intent["id"] for intent in sent], requirement="AINP-INT-002")
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    again = await probe.drain(bob, until=after["id"])
    probe.claim("not_received", *again, ids=[intent["id"] for intent in sent], after=after["id"])


@requirement("AINP-QOS-002")
async def test_an_envelope_arrives_as_it_was_signed(probe: Probe) -> None:
    """Unusual numbers and texts too: the recipient can verify what it gets."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    envelope = alice.unsigned_intent(bob.did, text="naïve “quotes” \\ \u2028 漢字 🙂")
    envelope["payload"]["semantics"]["details"] = {"zero": 0, "half": 0.5, "list": [1, [2, {"deep": None}]], "empty": {}, "true": True}
    sent = await probe.send(alice.sign(envelope), alice)
    probe.control("accepted", sent)
    polls = await probe.drain(bob, until=envelope["id"])
    probe.claim("delivered_as_sent", sent, *polls)
