"""The members of an envelope: each required, each of its type. Whatever is wrong with one is refused, and the message goes nowhere."""

from __future__ import annotations

import pytest

from ainp_harness.wire.canonical import compact
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
    await probe.shows_refusal(change, codes=(*MALFORMED, "TIMEOUT"))


FROM_DID = [member("from_did", REMOVED), member("from_did", "alice@example.org", "not a DID"), member("from_did", "")]


@requirement("AINP-ENV-007")
@pytest.mark.parametrize("change", FROM_DID, ids=ids(FROM_DID))
async def test_from_did_is_a_did(probe: Probe, change: Mutation) -> None:
    """DID-003 has the codes: a broker that cannot resolve a sender may say UNAUTHORIZED."""
    await probe.shows_refusal(change, codes=(*MALFORMED, "INVALID_DID", "UNAUTHORIZED", "INVALID_SIGNATURE"))


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
