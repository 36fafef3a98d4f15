"""What a hostile client may try: oversize and malformed bodies, foreign origins, doors that should be shut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.canonical import compact
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.messages import capability
from conformance.kit.probe import Probe, requirement

FOREIGN_ORIGIN = "https://attacker.invalid"


@requirement("AINP-SEC-001")
async def test_https_is_served_and_http_is_not(probe: Probe) -> None:
    probe.claim("answers", await probe.call("health", {}), statuses=[200])
    plain = await probe.over_plain_http("health")
    probe.claim("redirects_to_https", plain)


@requirement("AINP-SEC-002")
async def test_only_allowed_origins_are_allowed(probe: Probe) -> None:
    origin = probe.cors_origin
    target = probe.shared.transport.binding.operations["send_intent"].path
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}

    async def preflight(of: str) -> Exchange:
        return await probe.request("preflight", Rendered("OPTIONS", target, {"origin": of, **ask}, b""))

    async def simple(of: str) -> Exchange:
        return await probe.request("health", Rendered("GET", probe.shared.transport.binding.operations["health"].path, {"origin": of}, b""))

    allowed = [await preflight(origin), await simple(origin)]
    denied = [await preflight(FOREIGN_ORIGIN), await simple(FOREIGN_ORIGIN)]
    probe.claim("allows_origin", *allowed, origin=origin)
    probe.claim("denies_origin", *denied, origin=FOREIGN_ORIGIN)


@requirement("AINP-SEC-003")
async def test_a_payload_over_a_megabyte_is_refused(probe: Probe) -> None:
    """900,000 bytes pass, 1,100,000 do not; between them nothing is judged (ERRATUM-28)."""
    alice, bob = probe.agent("alice"), await probe.registered("bob", "receives large notes")
    fits = alice.intent(bob, "x" * 900_000)
    probe.claim("accepted", await probe.send(fits, alice))
    large = alice.intent(bob, "x" * 1_100_000)
    probe.claim("refused", await probe.send(large, alice), codes=["PAYLOAD_TOO_LARGE"], statuses=[413])
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


NESTED = b"[" * 10_000 + b"]" * 10_000

BODIES: dict[str, Callable[[bytes], bytes]] = {
    "10,000 levels": lambda text: text[:-1] + b',"deep":' + NESTED + b"}",
    "1e400": lambda text: text[:-1] + b',"huge":1e400}',
    "invalid UTF-8": lambda text: text[:-1] + b',"bad":"\xff\xfe"}',
    "a raw NUL": lambda text: text[:-1] + b',"nul":"\x00"}',
    "broken JSON": lambda text: text[:-1],
    "NaN": lambda text: text[:-1] + b',"nan":NaN}',
    "empty": lambda text: b"",
    "a list": lambda text: b"[]",
}


@requirement("AINP-SEC-004")
@pytest.mark.parametrize("name", BODIES)
async def test_a_malformed_body_is_a_client_fault(probe: Probe, name: str) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    envelope = alice.intent(bob)
    exchange = await probe.send(envelope, alice, body=BODIES[name](compact(envelope)))
    probe.claim("refused", exchange, codes=["INVALID_ENVELOPE", "INVALID_SIGNATURE", "PAYLOAD_TOO_LARGE"])
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


@requirement("AINP-SEC-004")
@pytest.mark.parametrize("name", ["10,000 levels", "1e400", "invalid UTF-8", "a raw NUL", "NaN"])
async def test_a_malformed_registration_is_a_client_fault(probe: Probe, name: str) -> None:
    """Its proof signs the raw bytes, so that nothing but what they hold can be the reason."""
    await probe.registered("alice", "registers in good order")
    bob = probe.agent("bob")
    members = {"did": bob.did, "publicKey": bob.identity.public_key_base64, "capabilities": [capability("sends malformed bytes")]}
    if "publicKey" not in (probe.shared.transport.binding.operations["register"].body or {}):
        probe.leaves_out("a registration of this shape")
    refused = await probe.try_register(bob, [], call=replace(probe.proven(bob), body=BODIES[name](compact(members))))
    probe.claim("refused", refused, codes=["INVALID_REGISTRATION", "INVALID_ENVELOPE", "PAYLOAD_TOO_LARGE"], statuses=[400, 413])
    await probe.register(bob, [capability("sends well-formed bytes")])


@requirement("AINP-SEC-004")
async def test_an_escaped_nul_is_refused_where_it_would_be_stored(probe: Probe) -> None:
    """In trace_id and descriptions it is refused; within a payload it is passed on."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    traced = alice.sign({**alice.intent(bob), "trace_id": "a\u0000b"})
    probe.claim("refused", await probe.send(traced, alice), codes=["INVALID_ENVELOPE"])
    registered = await probe.try_register(probe.agent("carol"), [{"description": "a\u0000b", "tags": [], "version": "1.0.0"}])
    probe.claim("refused", registered, codes=["INVALID_REGISTRATION", "INVALID_ENVELOPE"])
    intent = alice.intent(bob, "a\u0000b")
    sent = await probe.send(intent, alice)
    probe.claim("accepted", sent)
    polls = await probe.drain(bob, until=intent["id"])
    probe.claim("delivered_as_sent", sent, *polls)


@requirement("AINP-SEC-005")
async def test_answers_carry_no_banner(probe: Probe) -> None:
    exchanges = await asyncio.gather(probe.call("health", {}), probe.call("ready", {}), probe.call("discover_text", {"query": "a smith"}))
    probe.claim("no_banner", *exchanges)


@requirement("AINP-SEC-009")
async def test_back_doors_are_shut(probe: Probe) -> None:
    paths = probe.shared.transport.binding.forbidden_paths
    if not paths:
        probe.leaves_out("forbidden paths (the binding names none)")
    exchanges = []
    for entry in paths:
        method, _, path = entry.partition(" ")
        exchanges.append(await probe.request("forbidden", Rendered(method, path, {}, b"")))
    probe.claim("closed", *exchanges)
