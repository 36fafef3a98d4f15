"""How long a registration lasts, and what else it carries: ADVERTISE, expiry, embeddings, evidence and credentials."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

import pytest

from ainp_harness.wire.embedding import embedding_object
from ainp_harness.wire.messages import capability
from conformance.kit.mutations import Mutation, member
from conformance.kit.probe import Probe, requirement
from conformance.kit.vectors import direction

TTL_MS = 2_000
"""Of the registrations that are waited for."""

LATE_S = 1.0
"""How long after its end a registration may still be seen."""

CODES = ["INVALID_REGISTRATION", "INVALID_ENVELOPE", "UNSUPPORTED_SCHEMA", "INVALID_QUERY"]


@requirement("AINP-REG-005")
async def test_an_advertise_registers_its_sender(probe: Probe) -> None:
    """A stranger advertises: it is there, and found, until timestamp + ttl, as the answer tells where it tells a time."""
    alice, text = probe.agent("alice"), f"forges weather vanes {probe.token}"
    envelope = alice.advertise([capability(text)], ttl_ms=90_000)
    advertised = await probe.send(envelope, alice, operation="advertise")
    probe.claim("accepted", advertised)
    if isinstance(probe.told(advertised, "expires_at"), int | float):
        probe.claim("tells", advertised, field="expires_at", value=envelope["timestamp"] + 90_000)
    probe.claim("describes", await probe.call("get_agent", {"did": alice.did}), descriptions=[text])
    probe.claim("finds", await probe.search(text, wanted=[alice.did], limit=20), did=alice.did)


@requirement("AINP-REG-005")
@pytest.mark.long_wait
async def test_an_advertise_refreshes_a_registration(probe: Probe) -> None:
    """Registered for two seconds, then advertised for longer: still there when the two seconds are over, with what was advertised."""
    alice, changed = probe.agent("alice"), f"repairs weather vanes {probe.token}"
    registered = await probe.try_register(alice, [capability("forges weather vanes")], ttl_ms=TTL_MS)
    ends = time.monotonic() + TTL_MS / 1000 + LATE_S
    probe.control("accepted", registered)
    probe.claim("accepted", await probe.send(alice.advertise([capability(changed)]), alice, operation="advertise"))
    await asyncio.sleep(max(0.0, ends - time.monotonic()))
    probe.claim("describes", await probe.call("get_agent", {"did": alice.did}), descriptions=[changed])
    probe.claim("finds", await probe.search(changed, wanted=[alice.did], limit=20), did=alice.did)


@requirement("AINP-REG-007")
@pytest.mark.long_wait
async def test_an_expired_registration_is_gone(probe: Probe) -> None:
    """Two agents alike, one of whom is registered for two seconds: neither asking, nor searching, nor a query finds it afterwards."""
    text, tags = f"polishes weather vanes {probe.token}", [f"brief-{probe.token}"]
    lasting, brief, sender = await probe.registered("lasting", text, tags), probe.agent("brief"), probe.agent("sender")
    probe.control("accepted", await probe.try_register(brief, [capability(text, tags)], ttl_ms=TTL_MS))
    ends = time.monotonic() + TTL_MS / 1000 + LATE_S
    probe.control("finds", await probe.search(text, wanted=[brief.did], tags=tags, tags_csv=tags[0], limit=20), did=brief.did)
    await asyncio.sleep(max(0.0, ends - time.monotonic()))

    probe.claim("unknown_agent", await probe.call("get_agent", {"did": brief.did}))
    for operation in ("discover_text", "discover"):
        if probe.offers(operation):
            found = await probe.search(text, operation=operation, unwanted=[brief.did], tags=tags, tags_csv=tags[0], limit=20)
            probe.control("finds", found, did=lasting.did)
            probe.claim("finds_none_of", found, dids=[brief.did])
    asked = sender.query_intent(text, tags=tags)
    probe.control("accepted", await probe.send(asked, sender))
    await probe.register(brief, [capability("back again")])
    after = sender.intent(brief)
    probe.control("accepted", await probe.send(after, sender))
    polls = await probe.drain(brief, until=after["id"])
    probe.claim("not_received", *polls, ids=[asked["id"]], after=after["id"])


def _vector(probe: Probe) -> list[float]:
    return direction(probe.token.encode(), probe.agent("anybody").dim)


def _given(probe: Probe, **changes: Any) -> dict[str, Any]:
    """A capability with an embedding of the declared model, some of whose members are others."""
    embedding = embedding_object(_vector(probe), probe.declared.embedding.get("model") or "https://models.example/unnamed")
    return {**capability("sorts parcels by weight"), "embedding": {**embedding, **changes}}


def _broken(probe: Probe) -> list[Mutation]:
    """One property of a capability's embedding changed at a time."""
    vector = _vector(probe)
    return [
        member("embedding.dtype", "f64"),
        member("embedding.dim", len(vector) * 2, "a dim that is twice the bytes'"),
        member("embedding.b64", embedding_object([math.nan, *vector[1:]])["b64"], "NaN"),
        member("embedding.b64", embedding_object([math.inf, *vector[1:]])["b64"], "infinity"),
        member("embedding.b64", "not base64", "no base64"),
    ]


@requirement("AINP-REG-010")
async def test_the_embedding_of_a_capability_is_an_object(probe: Probe) -> None:
    """With a model, without one, and as a bare text (ERRATUM-24): three agents, one of each shape."""
    whole = _given(probe)
    without_model = member("embedding.model", None)(whole)
    without_model["embedding"].pop("model")
    bare = {**whole, "embedding": whole["embedding"]["b64"]}
    exchanges = [
        await probe.try_register(probe.agent(name), [offered])
        for name, offered in (("whole", whole), ("without model", without_model), ("bare", bare))
    ]
    readings = {
        "object": {"expectation": "turns_out", "outcomes": ["accepted", "accepted", "either"]},
        "object-uri": {"expectation": "turns_out", "outcomes": ["accepted", "refused", "either"]},
        "string": {"expectation": "turns_out", "outcomes": ["refused", "refused", "accepted"]},
    }
    probe.claim("follows_reading", *exchanges, erratum="ERRATUM-24", readings=readings)


@requirement("AINP-REG-010")
@pytest.mark.parametrize("operation", ["register", "advertise"])
async def test_an_embedding_that_is_none_is_refused(probe: Probe, operation: str) -> None:
    """Another dtype, a dim that is not that of the bytes, NaN, infinity, no base64: refused, and nobody is registered by it."""
    alice, changes = probe.agent("alice"), _broken(probe)
    exchanges = []
    for change in changes:
        offered = [change(_given(probe))]
        if operation == "register":
            exchanges.append(await probe.try_register(alice, offered))
        else:
            exchanges.append(await probe.send(alice.advertise(offered), alice, operation="advertise"))
    probe.claim("each_refused", *exchanges, changes=[change.name for change in changes], codes=CODES)
    probe.claim("unknown_agent", await probe.call("get_agent", {"did": alice.did}))
    if operation == "register":
        await probe.register(alice, [_given(probe)])
    else:
        control = await probe.send(alice.advertise([_given(probe)]), alice, operation="advertise")
        probe.control("accepted", control)


EVIDENCE = "https://issuer.example/credentials/17?of=apples&év=1"
CREDENTIALS = ["https://issuer.example/credentials/1", "urn:uuid:3c1f4b9e-5d0a-4c7e-9f21-6b8e2f0d7a11"]


@requirement("AINP-REG-011")
async def test_evidence_and_credentials_come_back_unchanged(probe: Probe) -> None:
    if not probe.takes("register", "credentials"):
        probe.leaves_out("a place for credentials in a registration")
    alice = probe.agent("alice")
    offered = [{**capability("presses cider"), "evidence": EVIDENCE}]
    probe.control("accepted", await probe.try_register(alice, offered, credentials=CREDENTIALS))
    shown = await probe.call("get_agent", {"did": alice.did})
    probe.claim("tells", shown, field="evidence", value=[EVIDENCE])
    probe.claim("tells", shown, field="credentials", value=CREDENTIALS)
