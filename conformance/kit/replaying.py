"""A recorded exchange made afresh: a new id, a timestamp as far from now as it was then, and a signature by the same key.

The plan's seed derives every key; what the probes called their agents is in the evidence. A signature that did not verify when it was sent
was the question: it is left as it is, and so is everything that it covers.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ainp_harness.evidence.bundle import AgentName
from ainp_harness.evidence.plan import Plan
from ainp_harness.evidence.recorder import REDACTED
from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.canonical import compact
from ainp_harness.wire.errors import WireError
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.identity import Identity
from ainp_harness.wire.proof import DID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, read_proof, verify_proof
from ainp_harness.wire.signing import Scheme, verify

LOOKERS = ("sender", "recipient")
"""Names of the agents of the look before the seal."""

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

LEFT_TO_THE_CLIENT = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding"})


class CannotReplay(ValueError):
    """The exchange cannot be sent again: why."""


@dataclass
class Afresh:
    """A request to send, and what is to be known about it."""

    rendered: Rendered
    notes: list[str] = field(default_factory=list)


def identities(plan: Plan, agents: Mapping[str, AgentName]) -> dict[str, Identity]:
    """The identities of a run, by DID."""
    known = [Identity.derived(plan.seed, agent.probe, agent.attempt, agent.name) for agent in agents.values()]
    known += [Identity.derived(plan.seed, "look", name) for name in LOOKERS]
    return {identity.did: identity for identity in known}


def afresh(exchange: Exchange, plan: Plan, known: Mapping[str, Identity], now_ms: int) -> Afresh:
    """The exchange's request, to be sent now.

    Raises:
        CannotReplay: it is no HTTP request, or its body was not kept whole.
    """
    request = exchange.request
    if exchange.kind != "http":
        raise CannotReplay(f"{exchange.id} is no HTTP request but of the kind {exchange.kind}")
    if request.body.truncated:
        raise CannotReplay(f"the body of {exchange.id} has {request.body.total} bytes, of which only the beginning was kept")
    notes: list[str] = []
    body = _body(exchange, plan, known, now_ms, notes)
    headers = {name: value for name, value in request.headers.items() if name.lower() not in LEFT_TO_THE_CLIENT and REDACTED not in value}
    if dropped := sorted(name for name, value in request.headers.items() if REDACTED in value):
        notes.append(f"left out, as their values were redacted: {', '.join(dropped)} (give them with --header)")
    headers |= _proof(exchange, body, known, now_ms, notes)
    return Afresh(Rendered(request.method, request.target, headers, body), notes)


def _body(exchange: Exchange, plan: Plan, known: Mapping[str, Identity], now_ms: int, notes: list[str]) -> bytes:
    recorded = exchange.request.body.data
    envelope = exchange.request.body.json()
    if not isinstance(envelope, dict) or "sig" not in envelope:
        return recorded
    signer = known.get(str(envelope.get("from_did")))
    scheme = _verified(envelope, signer)
    if signer is None or scheme is None:
        notes.append("its signature was not by from_did's key over this message: it is sent as it was, with its old id and timestamp")
        return recorded
    changed: dict[str, Any] = {**envelope}
    if UUID.fullmatch(str(envelope.get("id"))):
        changed["id"] = str(uuid.uuid4())
        notes.append(f"id {envelope['id']} is now {changed['id']}: what a repeated id shows is not shown by this")
    if isinstance(envelope.get("timestamp"), int):
        changed["timestamp"] = now_ms + envelope["timestamp"] - int(exchange.started_ms)
    return compact(signer.sign(changed, scheme))


def _verified(envelope: dict[str, Any], signer: Identity | None) -> Scheme | None:
    if signer is None:
        return None
    try:
        return verify(envelope, signer.public_key)
    except (WireError, ValueError, orjson.JSONEncodeError):
        return None


def _proof(exchange: Exchange, body: bytes, known: Mapping[str, Identity], now_ms: int, notes: list[str]) -> dict[str, str]:
    """Proof headers by the same key, where those recorded were right."""
    request = exchange.request
    told = {name: request.headers.get(name.lower(), "") for name in (DID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)}
    try:
        proof = read_proof({name: value for name, value in told.items() if value})
        if proof is None:
            return {}
        signer = known[proof.did]
        verify_proof(
            proof, signer.public_key, method=request.method, target=request.target, body=request.body.data, now_ms=proof.timestamp_ms
        )
    except (WireError, KeyError):
        notes.append("its proof headers did not prove the request: they are sent as they were, with their old timestamp")
        return {}
    shifted = now_ms + proof.timestamp_ms - int(exchange.started_ms)
    fresh = signer.prove(method=request.method, target=request.target, timestamp_ms=shifted, body=body)
    return {name.lower(): value for name, value in fresh.items()}
