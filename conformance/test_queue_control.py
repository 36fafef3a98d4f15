"""A sender asks how far its intent has come, and takes it back; nobody else can. They belong to the area of queues."""

from __future__ import annotations

import pytest

from conformance.kit.agents import Agent, Envelope
from conformance.kit.probe import Probe, requirement


async def _queued(probe: Probe) -> tuple[Agent, Agent, Envelope]:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "is away")
    intent = alice.intent(bob)
    probe.control("accepted", await probe.send(intent, alice))
    return alice, bob, intent


@requirement("AINP-QUE-007")
async def test_a_queued_intent_is_asked_about_and_cancelled(probe: Probe) -> None:
    alice, bob, intent = await _queued(probe)
    asked = await probe.call("intent_status", {"intent_id": intent["id"]}, probe.proven(alice))
    probe.claim("tells", asked, field="status", value="queued")
    probe.claim("accepted", await probe.call("cancel_intent", {"intent_id": intent["id"]}, probe.proven(alice)))
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    polls = await probe.drain(bob, until=after["id"])
    probe.claim("not_received", *polls, ids=[intent["id"]], after=after["id"])


@requirement("AINP-QUE-009")
@pytest.mark.parametrize("claim", ["no proof", "only the sender's DID", "another's proof", "the recipient's proof"])
async def test_only_the_sender_asks_and_cancels(probe: Probe, claim: str) -> None:
    """The sender itself is answered, and what a stranger cancelled is delivered all the same."""
    alice, bob, intent = await _queued(probe)
    call = {
        "no proof": probe.call_by(None),
        "only the sender's DID": probe.with_headers({"X-AINP-DID": alice.did}),
        "another's proof": probe.proven(probe.agent("mallory")),
        "the recipient's proof": probe.proven(bob),
    }[claim]
    values = {"intent_id": intent["id"]}
    for operation in ("intent_status", "cancel_intent"):
        theirs = await probe.call(operation, values, call)
        probe.claim("refused", theirs, codes=["UNAUTHORIZED", "INVALID_SIGNATURE", "NOT_FOUND"], statuses=[401, 403, 404])
    mine = await probe.call("intent_status", values, probe.proven(alice))
    probe.control("accepted", mine, requirement="AINP-QUE-007")
    polls = await probe.drain(bob, until=intent["id"])
    probe.claim("received", *polls, ids=[intent["id"]])
