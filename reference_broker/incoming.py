"""A request before anybody trusts it: its body, read within a bound, its content type, and the address it came from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import ClientDisconnect, HTTPConnection, Request

from ainp_harness.wire.cbor_envelope import MEDIA_TYPE as CBOR
from ainp_harness.wire.errors import ErrorCode
from reference_broker.errors import BrokerError

MAX_PAYLOAD_BYTES = 1_048_576
MAX_BODY_BYTES = MAX_PAYLOAD_BYTES + 65_536
"""The sources mean the payload by 1 MB; the rest of the envelope may be this much more (ERRATUM-28)."""

BODY_S = 120.0
"""A body that takes longer than this is given up; a deployment lets requests under way take 60 s."""

MEDIA_TYPES = frozenset({"application/json", "application/ld+json"})

Networks = tuple[IPv4Network | IPv6Network, ...]


async def read_body(request: Request) -> bytes:
    """The whole body.

    Raises:
        BrokerError: PAYLOAD_TOO_LARGE as soon as that is sure, by what is announced or by what has come; TIMEOUT (408) when it
            does not come to an end.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > MAX_BODY_BYTES:
        raise too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise too_large()
    except TimeoutError:
        raise BrokerError(ErrorCode.TIMEOUT, "the body did not come to an end", status=408) from None
    except ClientDisconnect:
        raise BrokerError(ErrorCode.INVALID_ENVELOPE, "the body broke off") from None
    return bytes(body)


def check_content_type(header: str | None) -> None:
    """JSON or JSON-LD, in UTF-8.

    Raises:
        BrokerError: UNSUPPORTED_MEDIA_TYPE.
    """
    media_type, *parameters = (part.strip().lower() for part in (header or "").split(";"))
    if media_type not in MEDIA_TYPES or any(parameter not in ("", "charset=utf-8", 'charset="utf-8"') for parameter in parameters):
        raise BrokerError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "the content type is application/json or application/ld+json, in UTF-8")


def is_cbor(header: str | None) -> bool:
    """Whether a content type says CBOR."""
    return (header or "").partition(";")[0].strip().lower() == CBOR


def prefers_cbor(accept: str | None) -> bool:
    """Whether an Accept header asks for CBOR rather than JSON; where it does not say, it is JSON."""
    wanted = {CBOR: 0.0, "json": 0.0}
    for part in (accept or "").lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        kind = CBOR if media_type == CBOR else "json" if media_type in (*MEDIA_TYPES, "application/*", "*/*") else None
        if kind is not None:
            wanted[kind] = max(wanted[kind], _quality(parameters))
    return wanted[CBOR] > wanted["json"]


def _quality(parameters: Sequence[str]) -> float:
    told = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return float(told)
    except ValueError:
        return 0.0


def client_address(connection: HTTPConnection, trusted: Networks) -> str:
    """Whose request this is, for limits: the peer, or behind trusted proxies the right-most address that is none of them."""
    address = connection.client.host if connection.client else "unknown"
    if not _within(address, trusted):
        return address
    forwarded = [part.strip() for line in connection.headers.getlist("x-forwarded-for") for part in line.split(",")]
    for hop in reversed(forwarded):
        if not _is_address(hop):
            return address
        address = hop
        if not _within(address, trusted):
            return address
    return address


def request_target(connection: HTTPConnection) -> str:
    """The path as it was sent, and '?' with the query where that is not empty: what a proof signs."""
    path: bytes = connection.scope.get("raw_path") or connection.scope["path"].encode()
    query: bytes = connection.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


def too_large() -> BrokerError:
    return BrokerError(ErrorCode.PAYLOAD_TOO_LARGE, f"a body has at most {MAX_BODY_BYTES} bytes")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(address: str, networks: Networks) -> bool:
    if not networks or not _is_address(address):
        return False
    parsed = ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(mapped in network for network in networks)
