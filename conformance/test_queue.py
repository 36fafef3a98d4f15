"""The inbox: polling yields what waits, confirming takes it away, and both are the owner's alone."""

from __future__ import annotations

import pytest

from conformance.kit.probe import Probe, requirement


@requirement("AINP-QUE-003")
async def test_polling_yields_until_confirmed(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "reads its mail twice")
    intent = alice.intent(bob)
    probe.control("accepted", await probe.send(intent, alice))
    first = await probe.poll_until(bob, intent["id"])
    second = await probe.poll(bob)
    probe.claim("received", first, ids=[intent["id"]])
    probe.claim("received", second, ids=[intent["id"]])
    confirmed = await probe.confirm(bob, [second])
    if confirmed is not None:
        probe.claim("accepted", confirmed)
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    polls = await probe.drain(bob, until=after["id"])
    probe.claim("not_received", *polls, ids=[intent["id"]], after=after["id"])


@requirement("AINP-QUE-003")
async def test_confirming_what_is_unknown_does_no_harm(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "confirms twice")
    intent = alice.intent(bob)
    probe.control("accepted", await probe.send(intent, alice))
    poll = await probe.poll_until(bob, intent["id"])
    probe.control("received", poll, ids=[intent["id"]], requirement="AINP-INT-002")
    for _ in range(2):
        confirmed = await probe.confirm(bob, [poll])
        if confirmed is not None:  # what was received has a delivery id
            probe.claim("accepted", confirmed)


@requirement("AINP-QUE-004")
@pytest.mark.parametrize("claim", ["no proof", "only the owner's DID", "another's proof"])
async def test_only_the_owner_reads_and_confirms(probe: Probe, claim: str) -> None:
    """A stranger gets nothing and takes nothing away (ERRATUM-10)."""
    alice, bob, mallory = probe.agent("alice"), await probe.registered("bob", "guards its mail"), probe.agent("mallory")
    intent = alice.intent(bob)
    probe.control("accepted", await probe.send(intent, alice))
    mine = await probe.poll_until(bob, intent["id"])
    probe.control("received", mine, ids=[intent["id"]])
    call = {
        "no proof": probe.call_by(None),
        "only the owner's DID": probe.with_headers({"X-AINP-DID": bob.did}),
        "another's proof": probe.anothers_proof(bob, mallory),
    }[claim]
    read = await probe.call("poll", {"did": bob.did, "limit": 10}, call)
    probe.claim("refused", read, codes=["UNAUTHORIZED", "INVALID_SIGNATURE"], statuses=[401, 403])
    probe.claim("nothing_delivered", read)
    delivery_ids = probe.delivery_ids(mine)
    taken = await probe.call("confirm", {"did": bob.did, "delivery_ids": delivery_ids}, call)
    probe.claim("refused", taken, codes=["UNAUTHORIZED", "INVALID_SIGNATURE"], statuses=[401, 403])
    probe.claim("received", await probe.poll(bob), ids=[intent["id"]])


@requirement("AINP-QUE-004")
async def test_a_stranger_confirms_nothing_of_anothers(probe: Probe) -> None:
    """By a right proof of its own, and in its own name, with the ids of somebody else's deliveries: whatever is answered, they stay."""
    alice, bob, mallory = probe.agent("alice"), await probe.registered("bob", "guards its ids"), probe.agent("mallory")
    intent = alice.intent(bob)
    probe.control("accepted", await probe.send(intent, alice))
    mine = await probe.poll_until(bob, intent["id"])
    probe.control("received", mine, ids=[intent["id"]])
    values = {"did": mallory.did, "delivery_ids": probe.delivery_ids(mine)}
    probe.claim("accepted_or_refused", await probe.call("confirm", values, probe.proven(mallory)))
    probe.claim("received", await probe.poll(bob), ids=[intent["id"]])
