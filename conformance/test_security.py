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
from ainp_harness.wire.raw import RawRequest
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


@pytest.mark.disturbs
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
    body = probe.body_of("register", probe.registration(bob, [capability("sends malformed bytes")]))
    refused = await probe.try_register(bob, [], call=replace(probe.proven(bob), body=BODIES[name](body)))
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


SLOW_SENDERS = 20
SERVED_MS = 2_000
"""What a request may take beside them; no broker that is not held up takes so long."""


@pytest.mark.disturbs
@requirement("AINP-SEC-006")
async def test_slow_senders_hold_up_nobody(probe: Probe) -> None:
    """Twenty requests at a byte a second, half of them within their headers, beside others that are served as ever."""
    alice, mallory, bob = probe.agent("alice"), probe.agent("mallory"), await probe.registered("bob", "is written to slowly")
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    messages = [mallory.intent(bob) for _ in range(SLOW_SENDERS)]
    senders = [await probe.open_raw(message) for message in messages]
    pairs = zip(senders, messages, strict=True)
    sending = [asyncio.create_task(_drip(raw, probe.bytes_of(text), number % 2)) for number, (raw, text) in enumerate(pairs)]
    served: list[Exchange] = []
    for _ in range(3):
        await asyncio.sleep(0.7)
        public = probe.call("discover_text", {"query": "a smith"})
        served += await asyncio.gather(probe.send(alice.intent(bob), alice), public, probe.call("health", {}))
        if max(exchange.duration_ms for exchange in served) > SERVED_MS:
            break
    for task in sending:
        task.cancel()
    await asyncio.gather(*sending, return_exceptions=True)
    slow = [await probe.close_raw(raw) for raw in senders]
    probe.control("connected", *slow, requirement="AINP-HLT-001")
    probe.claim("accepted_within", *served, limit_ms=SERVED_MS)


async def _drip(raw: RawRequest, body: bytes, within_head: int) -> None:
    """A byte a second, from within the headers or from the beginning of the body on, until the other side has enough of it."""
    whole, begin = raw.head + body, len(raw.head) - (20 if within_head else 0)
    await raw.send(whole[:begin])
    for number in range(begin, len(whole)):
        if raw.answered or not await raw.send(whole[number : number + 1]):
            return
        await asyncio.sleep(1)


PORTS: dict[int, tuple[bytes, str]] = {
    5432: (bytes.fromhex("0000000804d2162f"), r"[SN]\Z|E\x00"),  # PostgreSQL: may we speak TLS?
    6379: (b"PING\r\n", r"\+PONG|-(?:NOAUTH|DENIED|ERR)"),
    4222: (b"", r"INFO "),
    8222: (b"GET /varz HTTP/1.0\r\n\r\n", r"(?s)HTTP/1\.. 200 .*server_id"),
}
"""Where PostgreSQL, Redis, NATS and its monitoring live, what they are asked, and how they answer."""


@requirement("AINP-SEC-010")
@pytest.mark.parametrize("port", PORTS)
async def test_the_services_do_not_answer_at_the_public_address(probe: Probe, port: int) -> None:
    hello, answer = PORTS[port]
    probe.control("accepted", await probe.call("health", {}))
    probe.claim("does_not_speak", await probe.greet(port, hello), pattern=answer)


ANNOUNCED, WITHIN, PIECE = 100_000_000, 2_000_000, 65_536


@pytest.mark.disturbs
@requirement("AINP-SEC-011")
async def test_an_oversize_body_is_refused_before_it_is_read(probe: Probe) -> None:
    """100 MB are announced, and sent in pieces until something comes back."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    raw = await probe.open_raw(alice.intent(bob), announced=ANNOUNCED)
    await raw.send(raw.head)
    while raw.body_sent < WITHIN and not raw.answered and await raw.send_body(b"{" + b" " * (PIECE - 1)):
        await raw.wait_answer(0.05)
    probe.claim("refused_early", await probe.close_raw(raw), announced=ANNOUNCED, within=WITHIN)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
