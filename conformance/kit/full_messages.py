"""Messages that must be whole: what an INTENT may leave out in lite mode is asked of another message type where a broker declares lite."""

from __future__ import annotations

from collections.abc import Sequence

from ainp_harness.wire.messages import capability
from conformance.kit.agents import Agent, Envelope
from conformance.kit.mutations import Mutation
from conformance.kit.probe import Probe


def enveloped(operation: str, agent: Agent) -> Envelope:
    """A message of the two types that go to the broker itself: ADVERTISE and DISCOVER."""
    if operation == "advertise":
        return agent.advertise([capability("signs what it advertises")])
    return agent.discover("an agent that signs what it advertises")


async def shows_each_refused(probe: Probe, changes: Sequence[Mutation], codes: Sequence[str]) -> None:
    """Control, one change after the other, control: each refused for the right reason, and none delivered."""
    if probe.declares("lite"):
        await _to_the_broker(probe, changes, codes)
        return
    alice, bob = probe.agent("alice"), await probe.recipient()
    await probe.make_room(len(changes) + 6)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    changed = [alice.sign(change(alice.intent(bob))) for change in changes]
    exchanges = [await probe.send(envelope, alice) for envelope in changed]
    probe.claim("each_refused", *exchanges, changes=[change.name for change in changes], codes=list(codes))
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    polls = await probe.drain(bob, until=after["id"])
    probe.claim("not_received", *polls, ids=[envelope["id"] for envelope in changed], after=after["id"])


async def _to_the_broker(probe: Probe, changes: Sequence[Mutation], codes: Sequence[str]) -> None:
    operation = next((name for name in ("advertise", "discover") if probe.offers(name)), None)
    if operation is None:
        probe.leaves_out("a message that lite mode does not shorten (ADVERTISE, DISCOVER)")
    alice = probe.agent("alice")
    await probe.make_room(len(changes) + 2)
    probe.control("accepted", await probe.send(enveloped(operation, alice), alice, operation=operation))
    changed = [alice.sign(change(enveloped(operation, alice))) for change in changes]
    exchanges = [await probe.send(envelope, alice, operation=operation) for envelope in changed]
    probe.claim("each_refused", *exchanges, changes=[change.name for change in changes], codes=list(codes))
    probe.control("accepted", await probe.send(enveloped(operation, alice), alice, operation=operation))
