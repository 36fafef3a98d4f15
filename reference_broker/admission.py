"""Who may go on: the checks that every signed message and every proof passes before an operation looks at it, in the order of
docs/refusals.md, and whom a request counts against.

What verifies counts against its DID and nobody else. What does not verify, or is refused before that, counts against the address
it came from, so nobody can use up another's limit by sending rubbish in its name. Replays are refused later, by the claim that an
operation makes (`ledger.py`): an id is used up only by a message that is acknowledged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from starlette.requests import HTTPConnection, Request

from ainp_harness.wire.canonical import NotCanonical, compact, parse_message
from ainp_harness.wire.cbor_envelope import from_cbor
from ainp_harness.wire.did import check_did, public_key_of
from ainp_harness.wire.envelope import Envelope, MsgType, parse_envelope
from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.lite import with_lite_defaults
from ainp_harness.wire.proof import DID_HEADER, read_proof, verify_proof
from ainp_harness.wire.signing import verify
from reference_broker.clock import now_ms
from reference_broker.did_web import DidWeb
from reference_broker.errors import BrokerError
from reference_broker.incoming import (
    MAX_BODY_BYTES,
    MAX_PAYLOAD_BYTES,
    check_content_type,
    client_address,
    is_cbor,
    read_body,
    request_target,
    too_large,
)
from reference_broker.ledger import Claim, proof_key
from reference_broker.limits import Counted, Limits
from reference_broker.presence import Presence
from reference_broker.settings import Settings

Verified = TypeVar("Verified")

LARGEST_GROWTH = 8
"""How much longer than its bytes a value can be as compact JSON: 1e15 is written with all its zeros, and in CBOR false is one byte.
Shorter bodies need no measuring."""


@dataclass(frozen=True)
class Proven:
    """A request whose proof holds: whose it is, its body, and the claim by which the proof is taken once."""

    did: str
    body: bytes
    claim: Claim


class Admission:
    """The door. It leaves on `connection.state` what the answer must carry: `counted`, `did` and `intent_id`."""

    def __init__(self, settings: Settings, limits: Limits, presence: Presence, did_web: DidWeb) -> None:
        self._settings = settings
        self._limits = limits
        self._presence = presence
        self._did_web = did_web

    async def anybody(self, connection: HTTPConnection) -> None:
        """A public operation: counts against the address.

        Raises:
            BrokerError: RATE_LIMIT_EXCEEDED.
        """
        _pass(connection, await self._limits.count_address(self.address(connection)))

    async def envelope(self, request: Request, *takes: MsgType) -> Envelope:
        """The signed message of this request, verified and in time.

        Raises:
            BrokerError: the first cause of v1.refusals down to `future` that applies.
        """
        envelope, size = await self._verified(request, lambda: self._read_envelope(request, takes))
        await self._count_and_note(request, envelope.from_did, envelope.msg_type)
        if size > MAX_PAYLOAD_BYTES // LARGEST_GROWTH and len(compact(envelope.payload)) > MAX_PAYLOAD_BYTES:
            raise BrokerError(ErrorCode.PAYLOAD_TOO_LARGE, f"payload: over {MAX_PAYLOAD_BYTES} bytes as compact JSON")
        self._check_time(envelope)
        return envelope

    async def proof(self, connection: HTTPConnection, *, json_body: bool = False) -> Proven:
        """The proof of this request, verified.

        Raises:
            BrokerError: UNAUTHORIZED (401) without one, INVALID_SIGNATURE with a wrong one, RATE_LIMIT_EXCEEDED.
        """
        proven = await self._verified(connection, lambda: self._read_proof(connection, json_body))
        await self._count_and_note(connection, proven.did)
        return proven

    async def keys_of(self, did: str) -> tuple[bytes, ...]:
        """The public keys of a well-formed DID: one for a did:key, those of its document for a did:web.

        Raises:
            WireError: INVALID_DID, for a malformed did:key.
            BrokerError: UNAUTHORIZED (401), for a did:web that cannot be resolved.
        """
        return await self._did_web.keys_of(did) if did.startswith("did:web:") else (public_key_of(did),)

    async def verify_proof_of(self, connection: HTTPConnection, body: bytes) -> Proven | None:
        """The proof that a public operation carries, None where it carries none. It counts nothing.

        Raises:
            BrokerError: UNAUTHORIZED or INVALID_SIGNATURE (both 401), for a proof that does not hold.
        """
        connection.state.did = connection.headers.get(DID_HEADER)
        try:
            proof = read_proof(connection.headers)
            if proof is None:
                return None
            method = connection.scope.get("method", "GET")  # a WebSocket's upgrade is a GET
            skew_ms = self.skew_ms
            keys = await self._keys_of_proof(proof.did)
            target = request_target(connection)
            request = {"method": method, "target": target, "body": body, "now_ms": now_ms(), "skew_ms": skew_ms}
            by_any(keys, lambda key: verify_proof(proof, key, **request))
        except WireError as error:
            raise BrokerError.from_wire(error) from error
        return Proven(proof.did, body, Claim(proof.did, proof_key(proof.signature), proof.timestamp_ms + skew_ms))

    def claim_of(self, envelope: Envelope, *, keep_ms: int = 0) -> Claim:
        """What a message uses up: (from_did, id), until its deadline."""
        recipients = () if envelope.to_did is None else (envelope.to_did,)
        return Claim(envelope.from_did, envelope.id, self.deadline_ms(envelope), keep_ms, recipients if keep_ms else ())

    def deadline_ms(self, envelope: Envelope) -> int:
        """timestamp + ttl + 60 s: until then it is accepted, kept, delivered and remembered."""
        return int(envelope.expires_ms + self._settings.replay_margin_s * 1000)

    @property
    def skew_ms(self) -> int:
        return round(self._settings.skew_s * 1000)

    def address(self, connection: HTTPConnection) -> str:
        return client_address(connection, self._settings.trusted_proxies)

    async def _verified(self, connection: HTTPConnection, read: Callable[[], Awaitable[Verified]]) -> Verified:
        """What is refused up to here counts against the address, and is refused for that once the address is over its limit."""
        try:
            return await read()
        except (BrokerError, WireError) as error:
            _pass(connection, await self._limits.count_address(self.address(connection)))
            raise error if isinstance(error, BrokerError) else BrokerError.from_wire(error) from error

    async def _count_and_note(self, connection: HTTPConnection, did: str, msg_type: MsgType | None = None) -> None:
        connection.state.did = did
        _pass(connection, await self._limits.count_did(did, msg_type))
        await self._presence.proved(did)

    async def _read_envelope(self, request: Request, takes: tuple[MsgType, ...]) -> tuple[Envelope, int]:
        body = await read_body(request)
        value, plain = self._read_value(request.headers.get("content-type"), body)
        _remember_names(request, value)
        whole = with_lite_defaults(value) if self._settings.ainp_lite else value
        envelope = parse_envelope(whole)
        if whole is not value:
            envelope = replace(envelope, raw=value)  # signed is what came
        if envelope.msg_type not in takes:
            raise WireError(ErrorCode.INVALID_ENVELOPE, f"this operation takes {' and '.join(takes)}", "msg_type")
        keys = await self.keys_of(envelope.from_did)
        by_any(keys, lambda key: verify(envelope.raw, key, self._settings.signature_schemes, plain=plain))
        return envelope, len(body)

    def _read_value(self, content_type: str | None, body: bytes) -> tuple[Any, bool]:
        """The JSON value of a body in either encoding (from here on they are one), and whether it is plain (canonical.parse_message)."""
        in_cbor = self._settings.ainp_cbor and is_cbor(content_type)
        if not in_cbor:
            check_content_type(content_type)
        try:
            value, plain = (from_cbor(body), False) if in_cbor else parse_message(body)
        except NotCanonical as error:
            encoding = "CBOR" if in_cbor else "JSON"
            raise BrokerError(ErrorCode.INVALID_ENVELOPE, f"the body is no {encoding} that this protocol takes") from error
        if in_cbor and len(body) > MAX_BODY_BYTES // LARGEST_GROWTH and len(compact(value)) > MAX_BODY_BYTES:
            raise too_large()  # what CBOR says in few bytes is kept and delivered as JSON
        return value, plain

    async def _read_proof(self, connection: HTTPConnection, json_body: bool) -> Proven:
        body = await read_body(connection) if isinstance(connection, Request) else b""
        if json_body:
            check_content_type(connection.headers.get("content-type"))
        proven = await self.verify_proof_of(connection, body)
        if proven is None:
            raise BrokerError(ErrorCode.UNAUTHORIZED, "this operation needs a proof", status=401)
        return proven

    async def _keys_of_proof(self, did: str) -> tuple[bytes, ...]:
        try:
            return await self.keys_of(check_did(did))
        except WireError as error:
            raise BrokerError(ErrorCode.INVALID_SIGNATURE, f"{DID_HEADER}: not a well-formed did:key or did:web") from error

    def _check_time(self, envelope: Envelope) -> None:
        now = now_ms()
        if envelope.timestamp_ms < 0:
            raise BrokerError(ErrorCode.INVALID_TIMESTAMP, "timestamp: negative")
        if now > self.deadline_ms(envelope):
            raise BrokerError(ErrorCode.TIMEOUT, "timestamp + ttl has passed")
        if envelope.timestamp_ms > now + self.skew_ms:
            raise BrokerError(ErrorCode.INVALID_TIMESTAMP, "timestamp: lies in the future")


def by_any(keys: Sequence[bytes], check: Callable[[bytes], object]) -> None:
    """Check by each key until one will do: a did:web may have several. What is raised is what the last one says.

    Raises:
        WireError: INVALID_SIGNATURE, when it is none of them.
    """
    for key in keys[:-1]:
        with suppress(WireError):
            check(key)
            return
    check(keys[-1])


def require_owner(proven: Proven, did: str) -> None:
    """Refuse a right proof for somebody else's resource.

    Raises:
        BrokerError: UNAUTHORIZED (403).
    """
    if proven.did != did:
        raise BrokerError(ErrorCode.UNAUTHORIZED, "this belongs to another DID")


def _pass(connection: HTTPConnection, counted: Counted) -> None:
    connection.state.counted = counted
    if counted.retry_after_ms is not None:
        raise counted.refusal()


def _remember_names(request: Request, value: Any) -> None:
    """Whatever happens next, the answer names the message's id, and the audit log who it claimed to be from."""
    if isinstance(value, dict):
        identifier, did = value.get("id"), value.get("from_did")
        request.state.intent_id = identifier if isinstance(identifier, str) and len(identifier) <= 128 else None
        request.state.did = did if isinstance(did, str) and len(did) <= 512 else None
