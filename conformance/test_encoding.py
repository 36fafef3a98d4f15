"""Encodings: JSON as RFC 8259 and RFC 8785 have it, CBOR and lite mode where a broker declares them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ainp_harness.wire.canonical import compact
from ainp_harness.wire.cbor_envelope import MEDIA_TYPE, to_cbor
from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent, Envelope
from conformance.kit.mutations import REMOVED, Mutation, adjusted, member
from conformance.kit.probe import Probe, requirement

UNVERIFIABLE = ("INVALID_SIGNATURE", "UNAUTHORIZED", "INVALID_ENVELOPE")

MARKED = member("payload.semantics.number", None, "null")
"""What stands in the place of NaN, for the signature of whoever reads it as null."""

BODIES: dict[str, Callable[[bytes], bytes]] = {
    "broken off": lambda text: text[:-1],
    "NaN": lambda text: text.replace(b'"number":null', b'"number":NaN'),
    "Infinity": lambda text: text.replace(b'"number":null', b'"number":Infinity'),
    "empty": lambda text: b"",
    "a list": lambda text: b"[" + text + b"]",
    "a string": lambda text: json.dumps(text.decode()).encode(),
    "a number": lambda text: b"7",
}


@requirement("AINP-ENV-013")
@pytest.mark.parametrize("name", BODIES)
async def test_a_body_is_a_json_object(probe: Probe, name: str) -> None:
    """Everything else is refused, and told as an error like any other."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    envelope = alice.sign(MARKED(alice.intent(bob)))
    exchange = await probe.send(envelope, alice, body=BODIES[name](compact(envelope)))
    probe.claim("refused", exchange)
    probe.claim("tells_error", exchange)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


VALUES: dict[str, Any] = {
    "1.0": 1.0,
    "-0.0": -0.0,
    "1e21": 1e21,
    "1e-7": 1e-7,
    "an integer beyond 2^53": 295147905179352830000,
    "e acute as one code point": "caf\u00e9",
    "e acute as two code points": "cafe\u0301",
    "keys beyond the first plane": {"\U0001f600": 1, "\ufb33": 2, "\u20ac": 3},
}


@requirement("AINP-ENV-016")
@pytest.mark.parametrize("name", VALUES)
async def test_what_is_written_otherwise_verifies(probe: Probe, name: str) -> None:
    """Values that RFC 8785 writes otherwise than they are sent, and texts that look alike: taken, and passed on as the same value."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    envelope = alice.sign(member("payload.semantics.value", VALUES[name])(alice.intent(bob)))
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    sent = await probe.send({}, alice, body=body)
    probe.claim("accepted", sent)
    polls = await probe.drain(bob, until=envelope["id"])
    probe.claim("received", *polls, ids=[envelope["id"]])
    if probe.shows_envelopes:
        probe.claim("delivered_as_sent", sent, *polls)


async def _in_cbor(probe: Probe, sender: Agent, envelope: Envelope, body: bytes | None = None) -> Exchange:
    return await probe.send({}, sender, body=to_cbor(envelope) if body is None else body, headers={"content-type": MEDIA_TYPE})


@requirement("AINP-ENV-017")
async def test_an_intent_in_cbor_is_the_intent(probe: Probe) -> None:
    """The same note in both encodings: both are taken and arrive, what came in CBOR as the JSON that its signature is over."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    text = f"the same in both encodings, {probe.token}"
    in_json, in_cbor = alice.intent(bob, text), alice.intent(bob, text)
    probe.control("accepted", await probe.send(in_json, alice))
    sent = await _in_cbor(probe, alice, in_cbor)
    probe.claim("accepted", sent)
    polls = await probe.drain(bob, until=[in_json["id"], in_cbor["id"]])
    probe.claim("received", *polls, ids=[in_json["id"], in_cbor["id"]])
    if probe.shows_envelopes:
        probe.claim("delivered_as_sent", sent, *polls)
    probe.claim("carries", *polls, id=in_cbor["id"], from_did=alice.did, text=text)


@requirement("AINP-ENV-017")
async def test_cbor_opens_no_other_door(probe: Probe) -> None:
    """A changed member, a body that breaks off, and the id of a message that came in JSON are refused as they are in JSON."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    first = alice.intent(bob)
    probe.control("accepted", await probe.send(first, alice))
    changed = member("qos.urgency", 0.6)(alice.intent(bob))
    probe.claim("refused", await _in_cbor(probe, alice, changed), codes=UNVERIFIABLE)
    broken_off = await _in_cbor(probe, alice, {}, body=to_cbor(alice.intent(bob))[:-1])
    probe.claim("refused", broken_off)
    probe.claim("refused", await _in_cbor(probe, alice, first), codes=["DUPLICATE_INTENT"])
    after = alice.intent(bob)
    probe.claim("accepted", await _in_cbor(probe, alice, after))
    polls = await probe.drain(bob, until=after["id"])
    probe.claim("not_received", *polls, ids=[changed["id"]], after=after["id"])


WISHES = {MEDIA_TYPE: "cbor", "application/json": "json", "": "json"}


@requirement("AINP-ENV-018")
@pytest.mark.parametrize("accept", WISHES, ids=["cbor", "json", "without a wish"])
async def test_the_encoding_of_an_answer_is_negotiated(probe: Probe, accept: str) -> None:
    alice = probe.agent("alice")
    asked = await probe.send(alice.discover("somebody who answers"), alice, operation="discover", headers={"accept": accept})
    probe.claim("encoded_as", asked, encoding=WISHES[accept])


def _without(*names: str) -> Mutation:
    def change(envelope: Envelope) -> Envelope:
        return {name: value for name, value in envelope.items() if name not in names}

    return Mutation(f"without {', '.join(names)}", change)


LITE = _without("ttl", "trace_id", "qos")
"""Of what lite mode does not require a message keeps schema (ERRATUM-20) and the payload that its schema asks for."""


def _lite(sender: Agent, recipient: Agent) -> Envelope:
    return sender.sign(LITE(sender.intent(recipient)))


@requirement("AINP-LIT-001")
async def test_a_minimal_intent_is_taken(probe: Probe) -> None:
    """45 s old, so within the default ttl; it arrives as it was sent, without the defaults that stand for what it leaves out."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    fresh, older = _lite(alice, bob), alice.sign(adjusted("timestamp", lambda at: at - 45_000, "45 s old")(_lite(alice, bob)))
    sent = [await probe.send(envelope, alice) for envelope in (fresh, older)]
    probe.claim("accepted", *sent)
    polls = await probe.drain(bob, until=[fresh["id"], older["id"]])
    probe.claim("received", *polls, ids=[fresh["id"], older["id"]])
    if probe.shows_envelopes:
        probe.claim("delivered_as_sent", sent[0], *polls)


@requirement("AINP-LIT-001")
async def test_a_minimal_intent_is_signed(probe: Probe) -> None:
    await probe.shows_refusal(member("sig", REMOVED), codes=UNVERIFIABLE, sign_again=False, make=_lite)


@requirement("AINP-LIT-001")
async def test_a_minimal_intent_expires_by_the_default(probe: Probe) -> None:
    """60 s, and the minute that clocks may differ."""
    by_ms = 60_000 + int(probe.constants.skew_s * 1000) + 15_000
    late = adjusted("timestamp", lambda at: at - by_ms, "past the default ttl")
    await probe.shows_refusal(late, codes=["TIMEOUT", "INVALID_TIMESTAMP"], make=_lite)


@requirement("AINP-LIT-001")
async def test_a_minimal_intent_is_taken_once(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    message = _lite(alice, bob)
    probe.control("accepted", await probe.send(message, alice))
    probe.claim("refused", await probe.send(message, alice), codes=["DUPLICATE_INTENT"])
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


@requirement("AINP-LIT-001")
async def test_whether_a_minimal_intent_names_its_schema(probe: Probe) -> None:
    """ERRATUM-20."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    exchange = await probe.send(alice.sign(member("schema", REMOVED)(_lite(alice, bob))), alice)
    readings = {
        "required": {"expectation": "refused", "codes": ["INVALID_ENVELOPE", "UNSUPPORTED_SCHEMA"]},
        "omittable": {"expectation": "accepted"},
    }
    probe.claim("follows_reading", exchange, erratum="ERRATUM-20", readings=readings)
    probe.control("accepted", await probe.send(_lite(alice, bob), alice))
