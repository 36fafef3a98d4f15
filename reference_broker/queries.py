"""Query parameters of the operations without a message, parsed once: discovery, polling, confirming. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ainp_harness.wire.canonical import NotCanonical, parse_json
from ainp_harness.wire.envelope import CapabilityQuery
from ainp_harness.wire.errors import ErrorCode
from reference_broker.errors import BrokerError

MAX_QUERY = 2_000
MAX_TAGS = 100
MAX_IDS = 1_000


@dataclass(frozen=True)
class TextQuery:
    """The parameters of `discover_text`."""

    query: CapabilityQuery
    limit: int
    min_similarity: float | None


@dataclass(frozen=True)
class PollQuery:
    """The parameters of `poll`."""

    limit: int
    wait_s: float


@dataclass(frozen=True)
class ListingQuery:
    """The parameters of the surface servesys' inbox."""

    limit: int
    before: int | None
    """The cursor: what came before this place of the stream."""
    unread: bool


def parse_text_query(parameters: Mapping[str, str]) -> TextQuery:
    """discover_text: query up to 2,000 characters, limit 1 to 100 and 10 by default.

    Raises:
        BrokerError: INVALID_QUERY with the parameter at fault.
    """
    text = parameters.get("query", "")
    if not text.strip() or len(text) > MAX_QUERY or "\x00" in text:
        raise invalid("query", f"missing, empty, with a NUL character, or longer than {MAX_QUERY} characters")
    tags = tuple(tag.strip() for tag in parameters.get("tags", "").split(",") if tag.strip())
    if len(tags) > MAX_TAGS or any("\x00" in tag for tag in tags):
        raise invalid("tags", f"more than {MAX_TAGS}, or with a NUL character")
    return TextQuery(
        CapabilityQuery(text, tags=tags, min_trust=_real(parameters, "min_trust", 0, 1)),
        limit=_whole(parameters, "limit", 1, 100, default=10),
        min_similarity=_real(parameters, "min_similarity", -1, 1),
    )


def parse_poll_query(parameters: Mapping[str, str]) -> PollQuery:
    """poll: limit 1 to 200 and 50 by default, wait_ms up to 25,000.

    Raises:
        BrokerError: INVALID_QUERY with the parameter at fault.
    """
    wait_ms = _whole(parameters, "wait_ms", 0, 25_000, default=0)
    return PollQuery(limit=_whole(parameters, "limit", 1, 200, default=50), wait_s=wait_ms / 1000)


def parse_listing_query(parameters: Mapping[str, str]) -> ListingQuery:
    """An inbox as a listing: limit 1 to 200 and 50 by default, cursor as the page before told it, unread=true.

    Raises:
        BrokerError: INVALID_QUERY with the parameter at fault.
    """
    cursor, unread = parameters.get("cursor") or None, parameters.get("unread", "false")
    if cursor is not None and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 20):
        raise invalid("cursor", "not one that the page before told")
    if unread not in ("true", "false"):
        raise invalid("unread", "neither true nor false")
    limit = _whole(parameters, "limit", 1, 200, default=50)
    return ListingQuery(limit, before=None if cursor is None else int(cursor), unread=unread == "true")


def parse_confirmation(body: bytes) -> list[str]:
    """The body of confirm: {delivery_ids: [text]}.

    Raises:
        BrokerError: INVALID_QUERY.
    """
    try:
        value = parse_json(body)
    except NotCanonical as error:
        raise invalid("body", "no JSON that this protocol takes") from error
    ids = value.get("delivery_ids") if isinstance(value, dict) else None
    if not isinstance(ids, list) or len(ids) > MAX_IDS or not all(isinstance(item, str) for item in ids):
        raise invalid("delivery_ids", f"missing, or not a list of at most {MAX_IDS} texts")
    return ids


def invalid(name: str, message: str) -> BrokerError:
    return BrokerError(ErrorCode.INVALID_QUERY, f"{name}: {message}")


def _whole(parameters: Mapping[str, str], name: str, low: int, high: int, *, default: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high):
        raise invalid(name, f"not a whole number from {low} to {high}")
    return int(text)


def _real(parameters: Mapping[str, str], name: str, low: float, high: float) -> float | None:
    text = parameters.get(name)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not low <= number <= high:  # NaN is neither
        raise invalid(name, f"not a number from {low} to {high}")
    return number
