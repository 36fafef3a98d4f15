"""Replay: the key is (from_did, id), whatever else changes, at the same instant or later."""

from __future__ import annotations

import asyncio

import pytest

from ainp_harness.wire.cbor_envelope import MEDIA_TYPE, to_cbor
from conformance.kit.agents import Agent, Envelope
from conformance.kit.full_messages import enveloped
from conformance.kit.mutations import Mutation, adjusted, ids, member, other_text
from conformance.kit.probe import Probe, requirement

DUPLICATE = ["DUPLICATE_INTENT"]

LONG_TTL_MS, SIX_MINUTES_S, NEARLY_ELEVEN_S = 600_000, 360.0, 650.0
"""Of AINP-RPL-010. The seconds count from the message, as do ttl and the minute more."""

AGAIN = [
    adjusted("trace_id", lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"), "fresh trace_id"),
    adjusted("timestamp", lambda value: value + 1, "later timestamp"),
    adjusted("ttl", lambda value: value + 1000, "longer ttl"),
    other_text("another text", "other payload"),
    adjusted("id", str.upper, "id in capitals"),
]


async def _arrives_once(probe: Probe, bob: Agent, message: Envelope, after: Envelope) -> None:
    """The message was not delivered twice, shown by one sent later; that both arrive at all is a matter of its own."""
    polls = await probe.drain(bob, until=[message["id"], after["id"]])
    probe.claim("not_doubled", *polls, ids=[message["id"]])
    probe.control("arrived", *polls, ids=[message["id"], after["id"]], requirement="AINP-INT-002")


@requirement("AINP-RPL-001")
async def test_the_same_message_is_refused_the_second_time(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    first = alice.intent(bob)
    probe.control("accepted", await probe.send(first, alice))
    probe.claim("refused", await probe.send(first, alice), codes=DUPLICATE)
    second = alice.intent(bob)
    probe.control("accepted", await probe.send(second, alice))
    await _arrives_once(probe, bob, first, second)


@pytest.mark.last
@requirement("AINP-RPL-001")
async def test_the_first_message_of_the_run_is_still_remembered_at_its_end(probe: Probe) -> None:
    """Hundreds of messages later, and far within its ttl."""
    first = probe.shared.first_message
    if first is None:
        probe.leaves_out("acceptance of any message before the run")
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    probe.claim("refused", await probe.send(first), codes=DUPLICATE)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


@requirement("AINP-RPL-002")
@pytest.mark.parametrize("change", AGAIN, ids=ids(AGAIN))
async def test_it_is_refused_also_when_signed_again(probe: Probe, change: Mutation) -> None:
    """Changing anything but the id does not make a duplicate new."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    first = alice.intent(bob)
    probe.control("accepted", await probe.send(first, alice))
    probe.claim("refused", await probe.send(alice.sign(change(first)), alice), codes=DUPLICATE)
    second = alice.intent(bob)
    probe.control("accepted", await probe.send(second, alice))
    await _arrives_once(probe, bob, first, second)


@requirement("AINP-RPL-003")
@pytest.mark.parametrize("operation", ["advertise", "discover"])
async def test_it_is_refused_through_another_operation_too(probe: Probe, operation: str) -> None:
    """An id that a message to the broker itself has used is used up for an intent, and the other way round."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    first, intent = enveloped(operation, alice), alice.intent(bob)
    probe.control("accepted", await probe.send(first, alice, operation=operation))
    again = alice.sign({**alice.intent(bob), "id": first["id"]})
    probe.claim("refused", await probe.send(again, alice), codes=DUPLICATE)
    probe.control("accepted", await probe.send(intent, alice))
    back = alice.sign({**enveloped(operation, alice), "id": intent["id"]})
    probe.claim("refused", await probe.send(back, alice, operation=operation), codes=DUPLICATE)
    probe.control("accepted", await probe.send(enveloped(operation, alice), alice, operation=operation))


@requirement("AINP-RPL-003")
async def test_it_is_refused_in_another_encoding_too(probe: Probe) -> None:
    if not probe.declares("cbor"):
        probe.leaves_out("a second encoding (cbor)")
    alice, bob = probe.agent("alice"), await probe.recipient()
    first = alice.intent(bob)
    probe.control("accepted", await probe.send(first, alice))
    exchange = await probe.send({}, alice, body=to_cbor(first), headers={"content-type": MEDIA_TYPE})
    probe.claim("refused", exchange, codes=DUPLICATE)
    second = alice.intent(bob)
    probe.control("accepted", await probe.send(second, alice))
    await _arrives_once(probe, bob, first, second)


@requirement("AINP-RPL-004")
async def test_the_same_id_of_another_sender_is_no_replay(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    carol, dave = probe.agent("carol"), await probe.recipient()
    first = alice.intent(bob)
    probe.control("accepted", await probe.send(first, alice))
    second = carol.sign({**carol.intent(dave), "id": first["id"]})
    probe.claim("accepted", await probe.send(second, carol))
    probe.claim("received", *await probe.drain(dave, until=second["id"]), ids=[second["id"]])
    probe.control("received", *await probe.drain(bob, until=first["id"]), ids=[first["id"]], requirement="AINP-INT-002")


@requirement("AINP-RPL-005")
async def test_a_forgery_does_not_use_up_an_id(probe: Probe) -> None:
    """mallory is faster, in alice's name; the genuine message is taken all the same."""
    alice, bob, mallory = probe.agent("alice"), await probe.recipient(), probe.agent("mallory")
    genuine = alice.intent(bob)
    probe.claim("refused", await probe.send(mallory.sign(genuine)), codes=["INVALID_SIGNATURE", "UNAUTHORIZED", "INVALID_ENVELOPE"])
    probe.claim("accepted", await probe.send(genuine, alice))
    probe.claim("received", *await probe.drain(bob, until=genuine["id"]), ids=[genuine["id"]])


@requirement("AINP-RPL-005")
async def test_a_refusal_does_not_use_up_an_id(probe: Probe) -> None:
    """Alice's own mistake: refused for its schema, mended, and sent again with its id."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    message = alice.intent(bob)
    mistaken = alice.sign(member("schema", "https://ainp.dev/schemas/no-such-thing/v1")(message))
    probe.claim("refused", await probe.send(mistaken, alice), codes=["UNSUPPORTED_SCHEMA", "INVALID_ENVELOPE"])
    probe.claim("accepted", await probe.send(message, alice))
    probe.claim("received", *await probe.drain(bob, until=message["id"]), ids=[message["id"]])


@requirement("AINP-RPL-006")
async def test_of_twenty_at_once_one_is_accepted(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    message = alice.intent(bob)
    exchanges = await asyncio.gather(*(probe.send(message, alice) for _ in range(20)))
    probe.claim("one_accepted", *exchanges)
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    await _arrives_once(probe, bob, message, after)


@requirement("AINP-RPL-007")
async def test_a_duplicate_is_named_so(probe: Probe) -> None:
    """ERRATUM-02: the field says REPLAY_DETECTED, which the binding reads as its synonym."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    message = alice.intent(bob)
    probe.control("accepted", await probe.send(message, alice))
    probe.claim("refused", await probe.send(message, alice), codes=DUPLICATE, statuses=[409], strict=True)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


@pytest.mark.depth("standard")
@pytest.mark.long_wait
@requirement("AINP-RPL-009")
async def test_a_short_ttl_is_remembered_for_a_minute_more(probe: Probe) -> None:
    """With a margin of a minute, ttl 5 s: the same id, signed again with a new timestamp, is still refused 55 s later."""
    margin_s = probe.constants.replay_margin_s
    ttl_s = min(5.0, margin_s / 2)
    alice, bob = probe.agent("alice"), await probe.recipient()
    first = alice.intent(bob, ttl_ms=int(ttl_s * 1000))
    probe.control("accepted", await probe.send(first, alice))
    await asyncio.sleep(0.85 * (ttl_s + margin_s))
    again = alice.sign({**first, "timestamp": alice.clock(), "ttl": 60_000})
    probe.claim("refused", await probe.send(again, alice), codes=DUPLICATE)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


@pytest.mark.depth("full")
@requirement("AINP-RPL-010")
async def test_a_long_ttl_is_remembered_to_its_end_and_a_minute_more(probe: Probe) -> None:
    """ttl 10 min: the same id, signed again, is refused after 6 min, and after 10 min 50 s."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    first = alice.intent(bob, ttl_ms=LONG_TTL_MS)
    probe.control("accepted", await probe.send(first, alice))
    for wait_s in (SIX_MINUTES_S, NEARLY_ELEVEN_S - SIX_MINUTES_S):
        await asyncio.sleep(wait_s)
        again = alice.sign({**first, "timestamp": alice.clock(), "ttl": 60_000})
        probe.claim("refused", await probe.send(again, alice), codes=DUPLICATE)
        probe.control("accepted", await probe.send(alice.intent(bob), alice))
