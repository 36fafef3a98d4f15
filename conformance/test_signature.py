"""Signatures: the broker verifies every message, by the key of from_did, over every member."""

from __future__ import annotations

import pytest

from ainp_harness.wire.messages import capability
from ainp_harness.wire.signing import encode_base64
from conformance.kit.agents import Agent
from conformance.kit.full_messages import enveloped
from conformance.kit.mutations import REMOVED, Mutation, adjusted, ids, member, other_text
from conformance.kit.probe import Probe, requirement

UNVERIFIABLE = ("INVALID_SIGNATURE",)
MALFORMED = ("INVALID_SIGNATURE", "UNAUTHORIZED", "INVALID_ENVELOPE")


STAND_INS = [
    member("sig", "dummy-sig"),
    member("sig", encode_base64(bytes(64)), "sig=64 zero bytes"),
    member("sig", encode_base64(bytes(range(64))), "sig=garbage of 64 bytes"),
]


@requirement("AINP-SIG-010")
@pytest.mark.parametrize("change", STAND_INS, ids=ids(STAND_INS))
async def test_no_stand_in_for_a_signature_is_taken(probe: Probe, change: Mutation) -> None:
    """A development bypass must not reach production."""
    await probe.shows_refusal(change, sign_again=False)


@requirement("AINP-SIG-010")
async def test_a_signature_over_other_bytes_is_not_taken(probe: Probe) -> None:
    """A genuine signature of another message by the same agent is a stand-in too."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    other = alice.intent(bob)
    await probe.shows_refusal(member("sig", other["sig"], "sig of another message"), sign_again=False, sender=alice, recipient=bob)


ABSENT = [member("sig", REMOVED), member("sig", None, "sig=null"), member("sig", "")]


@requirement("AINP-SIG-002", "AINP-ENV-010")
@pytest.mark.parametrize("change", ABSENT, ids=ids(ABSENT))
async def test_an_unsigned_message_is_refused(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change, codes=MALFORMED, sign_again=False)


CHANGED = [
    adjusted("id", lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"), "id"),
    adjusted("timestamp", lambda value: value + 1, "timestamp"),
    adjusted("ttl", lambda value: value + 1, "ttl"),
    adjusted("trace_id", lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"), "trace_id"),
    member("schema", "https://ainp.dev/schemas/intents/submit-info/v1", "schema"),
    member("qos.urgency", 0.6, "qos"),
    other_text("another text", "payload"),
    member("capabilities_ref", "https://agents.example/capabilities/2", "capabilities_ref"),
    member("capabilities_ref", REMOVED),
    member("attestations", ["https://agents.example/attestations/2"], "attestations"),
    member("attestations", REMOVED),
    member("payload", REMOVED, "payload removed"),
]


@requirement("AINP-SIG-003")
@pytest.mark.parametrize("change", CHANGED, ids=ids(CHANGED))
async def test_a_member_changed_after_signing_is_refused(probe: Probe, change: Mutation) -> None:
    """The message carries the optional members too, so that each of them can be changed and taken out."""
    await probe.shows_refusal(change, sign_again=False, make=Agent.full_intent)


ADDED = [
    member("attestations", ["https://agents.example/attestations/1"], "attestations"),
    member("capabilities_ref", "https://agents.example/capabilities/1", "capabilities_ref"),
    member("extension", "https://agents.example", "an unknown member"),
]


@requirement("AINP-SIG-003")
@pytest.mark.parametrize("change", ADDED, ids=ids(ADDED))
async def test_a_member_added_after_signing_is_refused(probe: Probe, change: Mutation) -> None:
    """The signature covers what there is: what it was not made over must not come in beside it."""
    await probe.shows_refusal(change, sign_again=False)


QUESTIONED = {
    "discover": member("to_query.description", "another question", "to_query"),
    "advertise": member("payload.capabilities", [capability("another capability")], "payload"),
}


@requirement("AINP-SIG-003")
@pytest.mark.parametrize("operation", QUESTIONED)
@pytest.mark.parametrize("seen", [False, True], ids=["fresh", "a signature seen before"])
async def test_a_question_changed_after_signing_is_refused(probe: Probe, operation: str, seen: bool) -> None:
    """Also under another id when the broker has seen that signature verify before: a cache of signatures is no verification."""
    alice = probe.agent("alice")
    genuine = enveloped(operation, alice)
    probe.control("accepted", await probe.send(genuine, alice, operation=operation))
    changed = QUESTIONED[operation](genuine) | {"id": alice.stamp().id} if seen else QUESTIONED[operation](enveloped(operation, alice))
    probe.claim("refused", await probe.send(changed, alice, operation=operation), codes=MALFORMED)
    probe.control("accepted", await probe.send(enveloped(operation, alice), alice, operation=operation))


@requirement("AINP-SIG-003")
async def test_another_recipient_after_signing_is_refused(probe: Probe) -> None:
    """Who is addressed is signed as well: the message reaches neither of the two."""
    alice, bob, carol = probe.agent("alice"), await probe.recipient(), await probe.recipient()
    await probe.shows_refusal(member("to_did", carol.did, "to_did"), sign_again=False, sender=alice, recipient=bob)
    control = alice.intent(carol)
    probe.control("accepted", await probe.send(control, alice))
    polls = await probe.drain(carol, until=control["id"])
    probe.claim("received", *polls, ids=[control["id"]])


@requirement("AINP-SIG-003")
async def test_another_message_type_after_signing_is_refused(probe: Probe) -> None:
    """RESULT instead of INTENT: valid for the operation, not what was signed."""
    await probe.shows_refusal(member("msg_type", "RESULT", "msg_type"), sign_again=False)


@requirement("AINP-SIG-004", "AINP-SIG-008")
async def test_a_signature_by_another_key_is_refused(probe: Probe) -> None:
    """from_did says alice, mallory signs: the refusal says INVALID_SIGNATURE with 401."""
    alice, mallory = probe.agent("alice"), probe.agent("mallory")
    by_mallory = Mutation("signed by another key", mallory.sign)
    await probe.shows_refusal(by_mallory, codes=UNVERIFIABLE, statuses=(401,), strict=True, sign_again=False, sender=alice)


@requirement("AINP-SIG-006")
@pytest.mark.parametrize("operation", ["advertise", "discover"])
@pytest.mark.parametrize("forgery", ["unsigned", "by another key"])
async def test_every_operation_that_takes_an_envelope_verifies_it(probe: Probe, operation: str, forgery: str) -> None:
    alice, mallory = probe.agent("alice"), probe.agent("mallory")
    probe.control("accepted", await probe.send(enveloped(operation, alice), alice, operation=operation))
    genuine = enveloped(operation, alice)
    forged = member("sig", REMOVED)(genuine) if forgery == "unsigned" else mallory.sign(genuine)
    probe.claim("refused", await probe.send(forged, alice, operation=operation), codes=MALFORMED)
    probe.control("accepted", await probe.send(enveloped(operation, alice), alice, operation=operation))


@requirement("AINP-SIG-006")
async def test_a_result_is_verified_too(probe: Probe) -> None:
    """The answer to an intent, signed by somebody else than the recipient whose name it bears."""
    alice, mallory = await probe.recipient(), probe.agent("mallory")
    bob = await probe.recipient()
    intent = alice.intent(bob)
    probe.control("accepted", await probe.send(intent, alice))
    await probe.drain(bob, until=intent["id"])
    forged = mallory.sign(bob.result(alice.did, intent))
    probe.claim("refused", await probe.send(forged, bob), codes=MALFORMED)
    genuine = bob.result(alice.did, intent)
    probe.control("accepted", await probe.send(genuine, bob))
    polls = await probe.drain(alice, until=genuine["id"])
    probe.claim("not_received", *polls, ids=[forged["id"]], after=genuine["id"])


@requirement("AINP-SIG-006")
async def test_proof_is_verified_where_no_envelope_is(probe: Probe) -> None:
    """Polling, confirming and replacing a registration with proof headers by another key than X-AINP-DID's."""
    alice, mallory = await probe.recipient(), probe.agent("mallory")
    probe.control("accepted", await probe.poll(alice))
    call = probe.call_by(None)
    forged = probe.with_proof(
        call,
        lambda rendered, now_ms: {
            **mallory.identity.prove(method=rendered.method, target=rendered.target, timestamp_ms=now_ms, body=rendered.body),
            "X-AINP-DID": alice.did,
        },
    )
    probe.claim("refused", await probe.call("poll", {"did": alice.did}, forged), codes=MALFORMED, statuses=[401, 403])
    probe.claim(
        "refused", await probe.call("confirm", {"did": alice.did, "delivery_ids": ["1"]}, forged), codes=MALFORMED, statuses=[401, 403]
    )
    replaced = await probe.try_register(alice, [capability("taken over by another key")], call=forged)
    probe.claim("refused", replaced, codes=MALFORMED, statuses=[401, 403])
    probe.control("accepted", await probe.poll(alice))
