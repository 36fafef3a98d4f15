"""The members of an envelope: each required, each of its type. Whatever is wrong with one is refused, and the message goes nowhere."""

from __future__ import annotations

import pytest

from ainp_harness.wire.canonical import compact
from conformance.kit.full_messages import shows_each_refused
from conformance.kit.mutations import REMOVED, Mutation, adjusted, ids, member, other_text
from conformance.kit.probe import Probe, requirement

MALFORMED = ("INVALID_ENVELOPE",)

VERSION = [member("version", "9.9.9"), member("version", REMOVED)]


@requirement("AINP-ENV-001")
@pytest.mark.parametrize("change", VERSION, ids=ids(VERSION))
async def test_version_is_0_1_0(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change, codes=(*MALFORMED, "UNSUPPORTED_VERSION"))


MSG_TYPE = [member("msg_type", "GOSSIP"), member("msg_type", "intent", "lower case"), member("msg_type", REMOVED)]


@requirement("AINP-ENV-002")
@pytest.mark.parametrize("change", MSG_TYPE, ids=ids(MSG_TYPE))
async def test_msg_type_is_one_of_the_known(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change, codes=MALFORMED)


ID = [member("id", "not-a-uuid"), member("id", "c232ab00-9414-11ec-b3c8-9f6bdeced846", "a UUID version 1"), member("id", REMOVED)]


@requirement("AINP-ENV-003")
@pytest.mark.parametrize("change", ID, ids=ids(ID))
async def test_id_is_a_uuid_version_4(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change, codes=MALFORMED)


TIMESTAMP = [
    adjusted("timestamp", str, "a string"),
    adjusted("timestamp", lambda value: value // 1000, "seconds"),
    member("timestamp", -1, "negative"),
    member("timestamp", REMOVED),
]


@requirement("AINP-ENV-004")
@pytest.mark.parametrize("change", TIMESTAMP, ids=ids(TIMESTAMP))
async def test_timestamp_is_a_number_of_milliseconds(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change, codes=(*MALFORMED, "INVALID_TIMESTAMP", "TIMEOUT"))


TTL = [member("ttl", 0), member("ttl", -60_000), member("ttl", "60000", "a string"), member("ttl", REMOVED)]


@requirement("AINP-ENV-005")
@pytest.mark.parametrize("change", TTL, ids=ids(TTL))
async def test_ttl_is_a_positive_number(probe: Probe, change: Mutation) -> None:
    await shows_each_refused(probe, [change], codes=[*MALFORMED, "TIMEOUT"])


TRACE_ID = [member("trace_id", REMOVED), member("trace_id", ""), member("trace_id", 7, "trace_id=a number")]


@requirement("AINP-ENV-006")
async def test_trace_id_is_a_text(probe: Probe) -> None:
    await shows_each_refused(probe, TRACE_ID, codes=MALFORMED)


@requirement("AINP-ENV-006")
async def test_which_texts_a_trace_id_may_be(probe: Probe) -> None:
    """ERRATUM-17: UUIDs by their description, other texts in the examples."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    words = member("trace_id", f"the trace of {probe.token}")
    exchanges = [await probe.send(envelope, alice) for envelope in (alice.intent(bob), alice.sign(words(alice.intent(bob))))]
    readings = {
        "string": {"expectation": "turns_out", "outcomes": ["accepted", "accepted"]},
        "uuid": {"expectation": "turns_out", "outcomes": ["accepted", "refused"], "codes": MALFORMED},
    }
    probe.claim("follows_reading", *exchanges, erratum="ERRATUM-17", readings=readings)


FROM_DID = [member("from_did", REMOVED), member("from_did", "alice@example.org", "not a DID"), member("from_did", "")]


@requirement("AINP-ENV-007")
@pytest.mark.parametrize("change", FROM_DID, ids=ids(FROM_DID))
async def test_from_did_is_a_did(probe: Probe, change: Mutation) -> None:
    """DID-003 has the codes: a broker that cannot resolve a sender may say UNAUTHORIZED."""
    await probe.shows_refusal(change, codes=(*MALFORMED, "INVALID_DID", "UNAUTHORIZED", "INVALID_SIGNATURE"))


SCHEMA = [
    member("schema", REMOVED),
    member("schema", "a note without constraints", "schema=no URI"),
    member("schema", 7, "schema=a number"),
]


@requirement("AINP-ENV-008")
async def test_schema_is_a_uri(probe: Probe) -> None:
    await shows_each_refused(probe, SCHEMA, codes=[*MALFORMED, "UNSUPPORTED_SCHEMA"])


QOS = [
    member("qos", REMOVED),
    member("qos.urgency", 1.5),
    member("qos.importance", -0.1),
    member("qos.novelty", 2),
    member("qos.ethicalWeight", 100),
    member("qos.bid", -1),
    member("qos.urgency", "0.5", "qos.urgency=a string"),
    member("qos.bid", "0", "qos.bid=a string"),
]


@requirement("AINP-ENV-009")
async def test_qos_lies_in_its_bounds(probe: Probe) -> None:
    await shows_each_refused(probe, QOS, codes=MALFORMED)


@requirement("AINP-ENV-009")
async def test_the_bounds_of_qos_belong_to_it(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    for weight in (0, 1):
        qos = {"urgency": weight, "importance": weight, "novelty": weight, "ethicalWeight": weight, "bid": 0}
        probe.claim("accepted", await probe.send(alice.intent(bob, qos=qos), alice))


@requirement("AINP-ENV-011")
async def test_an_intent_goes_to_a_did_or_to_whoever_matches(probe: Probe) -> None:
    text = f"keeps the {probe.token} of a lighthouse"
    alice, bob = probe.agent("alice"), await probe.registered("bob", text)
    await probe.search(text, wanted=[bob.did])
    probe.claim("accepted", await probe.send(alice.intent(bob), alice))
    probe.claim("accepted", await probe.send(alice.query_intent(text), alice))


ADDRESSEE = [member("to_did", REMOVED, "neither"), member("to_query", {"description": "anybody"}, "both")]


@requirement("AINP-ENV-011")
@pytest.mark.parametrize("change", ADDRESSEE, ids=ids(ADDRESSEE))
async def test_an_intent_to_neither_or_both_is_refused(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change)


EXTENSION = member("extension", {"of": "somebody's own"}, "an unknown member")


@requirement("AINP-ENV-012")
async def test_a_message_can_be_extended(probe: Probe) -> None:
    """A member that nobody knows does no harm, is passed on, and is signed like any other."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    extended = alice.sign(EXTENSION(alice.intent(bob)))
    sent = await probe.send(extended, alice)
    probe.claim("accepted", sent)
    changed = member("extension.of", "somebody else's")(alice.sign(EXTENSION(alice.intent(bob))))
    probe.claim("refused", await probe.send(changed, alice), codes=["INVALID_SIGNATURE", "UNAUTHORIZED"])
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    polls = await probe.drain(bob, until=[extended["id"], after["id"]])
    if probe.shows_envelopes:
        probe.claim("delivered_as_sent", sent, *polls)
    probe.claim("not_received", *polls, ids=[changed["id"]], after=after["id"])


@requirement("AINP-ENV-014")
@pytest.mark.parametrize("content_type", ["text/plain", ""], ids=["text/plain", "none"])
async def test_a_wrong_content_type_is_a_client_fault(probe: Probe, content_type: str) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    wrong = await probe.send(alice.intent(bob), alice, headers={"content-type": content_type})
    probe.claim("refused", wrong, statuses=[400, 415])
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


@requirement("AINP-ENV-014")
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "application/json; charset=UTF-8"])
async def test_a_charset_does_no_harm(probe: Probe, content_type: str) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.claim("accepted", await probe.send(alice.intent(bob), alice, headers={"content-type": content_type}))


@requirement("AINP-ENV-015")
@pytest.mark.parametrize("order", ["smuggled first", "smuggled last"])
async def test_a_key_that_stands_twice_smuggles_nothing(probe: Probe, order: str) -> None:
    """The signed payload and another one under the same key: refused, or delivered exactly as verified."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    genuine = f"genuine {probe.token}"
    envelope = alice.intent(bob, genuine)
    smuggled = b'"payload":' + compact(other_text("smuggled", "smuggled")(envelope)["payload"])
    text = compact(envelope)
    body = text[:1] + smuggled + b"," + text[1:] if order == "smuggled first" else text[:-1] + b"," + smuggled + text[-1:]
    exchange = await probe.send(envelope, alice, body=body)
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    polls = await probe.drain(bob, until=after["id"])
    probe.claim("refused_or_verifiable", exchange, *polls, id=envelope["id"], text=genuine)
