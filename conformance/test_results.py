"""Results: whoever got an intent answers it, and the answer goes to its sender. They belong to the area of intents."""

from __future__ import annotations

from conformance.kit.agents import Agent, Envelope
from conformance.kit.probe import Probe, requirement


async def _asked(probe: Probe, alice: Agent, bob: Agent) -> Envelope:
    """An intent of alice's that bob has got."""
    intent = alice.intent(bob)
    probe.control("accepted", await probe.send(intent, alice))
    polls = await probe.drain(bob, until=intent["id"])
    probe.control("arrived", *polls, ids=[intent["id"]], requirement="AINP-INT-002")
    return intent


@requirement("AINP-INT-007")
async def test_a_result_comes_back_to_the_sender(probe: Probe) -> None:
    alice, bob = await probe.registered("alice", "asks"), await probe.recipient()
    intent = await _asked(probe, alice, bob)
    sent = await probe.send(bob.result(alice.did, intent), bob)
    probe.claim("accepted", sent)
    polls = await probe.drain(alice, until=probe.id_of(sent))
    probe.claim("delivered_as_sent", sent, *polls)


@requirement("AINP-INT-008")
async def test_only_a_recipient_answers(probe: Probe) -> None:
    """Of two intents to bob, a stranger answers the second; bob's own answer to it comes after."""
    alice, mallory = [await probe.registered(name, f"{name} of two intents") for name in ("alice", "mallory")]
    bob = await probe.recipient()
    first, second = await _asked(probe, alice, bob), await _asked(probe, alice, bob)
    before = bob.result(alice.did, first)
    probe.control("accepted", await probe.send(before, bob), requirement="AINP-INT-007")
    forged = mallory.result(alice.did, second)
    probe.claim("refused", await probe.send(forged, mallory), codes=["UNAUTHORIZED", "NOT_FOUND"])
    after = bob.result(alice.did, second)
    probe.control("accepted", await probe.send(after, bob), requirement="AINP-INT-007")
    polls = await probe.drain(alice, until=[before["id"], after["id"]])
    probe.claim("not_received", *polls, ids=[forged["id"]], after=after["id"])
