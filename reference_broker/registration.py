"""What an agent says of itself, parsed: the body of a registration and the payload of an ADVERTISE. No I/O, no embedding made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ainp_harness.wire.did import check_did
from ainp_harness.wire.embedding import parse_embedding
from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.signing import decode_base64

DEFAULT_TTL_MS = 24 * 3_600_000
MAX_TTL_MS = 7 * 24 * 3_600_000
"""A registration lasts a day by default, seven at most (docs/surface-v1.md)."""

MAX_CAPABILITIES = 100
MAX_TAGS = 100
MAX_TEXT = 20_000


class Malformed(ValueError):
    """What an agent says of itself is not in the form; the message names the member. `nul` when a text holds a NUL character."""

    def __init__(self, member: str, message: str, *, nul: bool = False) -> None:
        super().__init__(f"{member}: {message}")
        self.nul = nul


@dataclass(frozen=True)
class Capability:
    """One thing that an agent can do."""

    description: str
    tags: tuple[str, ...]
    version: str
    evidence: str | None
    price: float | None
    """What it costs, where the agent told (`priceHint`): a query's max_cost filters by it."""
    embedding: tuple[float, ...] | None
    model: str | None


@dataclass(frozen=True)
class Offer:
    """What stands in a registration and in an ADVERTISE alike."""

    capabilities: tuple[Capability, ...]
    credentials: tuple[str, ...]


@dataclass(frozen=True)
class Registration:
    """The body of `register`."""

    did: str
    public_key: bytes | None
    """The key that it names beside the DID; whether it is one of the DID's is asked where DIDs are resolved."""
    offer: Offer
    ttl_ms: int


def parse_registration(body: Any) -> Registration:
    """A registration, typed.

    Raises:
        Malformed: a member is wrong.
        WireError: INVALID_DID.
    """
    if not isinstance(body, dict):
        raise Malformed("body", "not an object")
    did = check_did(_text(body, "did", 512))
    return Registration(did, _public_key(body.get("publicKey")), parse_offer(body), _ttl(body.get("ttl_ms", DEFAULT_TTL_MS)))


def parse_offer(value: dict[str, Any]) -> Offer:
    """Capabilities and credentials. A trust that an agent claims for itself is ignored (ERRATUM-31).

    Raises:
        Malformed: a member is wrong.
    """
    capabilities = value.get("capabilities")
    if not isinstance(capabilities, list) or not 0 < len(capabilities) <= MAX_CAPABILITIES:
        raise Malformed("capabilities", f"not a list of 1 to {MAX_CAPABILITIES}")
    return Offer(
        tuple(_capability(item, f"capabilities[{n}]") for n, item in enumerate(capabilities)),
        _texts(value.get("credentials"), "credentials", MAX_CAPABILITIES),
    )


def _capability(value: Any, member: str) -> Capability:
    if not isinstance(value, dict):
        raise Malformed(member, "not an object")
    embedding = value.get("embedding")
    return Capability(
        description=_text(value, "description", MAX_TEXT, member),
        tags=_texts(value.get("tags"), f"{member}.tags", MAX_TAGS),
        version=_text(value, "version", 64, member) if value.get("version") is not None else "1.0.0",
        evidence=_text(value, "evidence", MAX_TEXT, member) if value.get("evidence") is not None else None,
        price=_price(value.get("priceHint"), f"{member}.priceHint"),
        embedding=_embedding(embedding, f"{member}.embedding") if embedding is not None else None,
        model=embedding.get("model") if isinstance(embedding, dict) else None,
    )


def _embedding(value: Any, member: str) -> tuple[float, ...]:
    try:
        vector = tuple(parse_embedding(value, member))
    except WireError as error:
        raise Malformed(member, str(error).removeprefix(f"{member}: ")) from error
    if not any(vector):
        raise Malformed(member, "has no direction: all its numbers are zero")
    return vector


def _public_key(key: Any) -> bytes | None:
    if key is None:
        return None
    try:
        decoded = decode_base64(key) if isinstance(key, str) else b""
    except ValueError:
        decoded = b""
    if len(decoded) != 32:
        raise Malformed("publicKey", "not base64 of 32 bytes")
    return decoded


def _ttl(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_TTL_MS:
        raise Malformed("ttl_ms", f"not a number of milliseconds over 0 and up to {MAX_TTL_MS}")
    return int(value)


def _price(value: Any, member: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise Malformed(member, "not a number of at least 0")
    return float(value)


def _text(value: dict[str, Any], name: str, at_most: int, within: str | None = None) -> str:
    member = f"{within}.{name}" if within else name
    return _checked(value.get(name), member, at_most)


def _texts(value: Any, member: str, at_most: int) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > at_most:
        raise Malformed(member, f"not a list of at most {at_most} texts")
    return tuple(_checked(item, member, MAX_TEXT) for item in value)


def _checked(text: Any, member: str, at_most: int) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > at_most:
        raise Malformed(member, f"missing, empty, no text, or longer than {at_most} characters")
    if "\x00" in text:
        raise Malformed(member, "holds a NUL character", nul=True)
    return text


def registration_error(error: Malformed) -> WireError:
    return WireError(ErrorCode.INVALID_REGISTRATION, str(error))
