"""JSON in and out: strict parsing, the canonical form of RFC 8785, and the field's "sorted" form.

Numbers are IEEE doubles, as RFC 8785 says: an integer beyond 2^53 is read as a double. NaN and Infinity are no JSON.
"""

from __future__ import annotations

import math
from typing import Any

import orjson
import rfc8785

MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer that every double represents exactly (RFC 7493, 2.2)."""

MAX_DEPTH = 128
"""Levels of nesting that a message may have; a bound of this house, far above what any schema needs."""


class NotCanonical(ValueError):
    """The value has no canonical form: NaN, an infinity, a lone surrogate, a key that is no string, or nesting beyond the bound."""


def parse_json(data: bytes) -> Any:
    """Parse one JSON text of bytes in UTF-8.

    Raises:
        NotCanonical: it is no JSON (RFC 8259), holds a number beyond the range of a double, or is nested deeper than MAX_DEPTH.
    """
    return parse_message(data)[0]


def parse_message(data: bytes) -> tuple[Any, bool]:
    """As parse_json, and whether the value is plain: known to be so, its canonical form costs a tenth.

    Raises:
        NotCanonical: as parse_json.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise NotCanonical(f"not JSON: {error}") from error
    return (value, True) if _is_plain(value) else (as_doubles(value), False)


def as_doubles(value: Any, depth: int = 0) -> Any:
    """The same JSON value with every integer beyond 2^53 as a double.

    Raises:
        NotCanonical: a number is not finite, or the nesting is too deep.
    """
    if depth > MAX_DEPTH:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH} levels")
    match value:
        case dict():
            return {key: as_doubles(item, depth + 1) for key, item in value.items()}
        case list():
            return [as_doubles(item, depth + 1) for item in value]
        case bool():
            return value
        case int() if abs(value) > MAX_SAFE_INTEGER:
            return _double(value)
        case float() if not math.isfinite(value):
            raise NotCanonical("a number is beyond the range of a double")
    return value


def _double(value: int) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise NotCanonical("a number is beyond the range of a double") from error


def canonical(value: Any, *, plain: bool = False) -> bytes:
    """The RFC 8785 form (JCS) of a JSON value, as UTF-8. `plain`: what parse_message said of it, or of more than it.

    Raises:
        NotCanonical: the value has none.
    """
    if plain or _is_plain(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            pass  # a lone surrogate; what follows says so
    try:
        return rfc8785.dumps(as_doubles(value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonical(str(error)) from error


def _is_plain(value: Any) -> bool:
    """Whether orjson with sorted keys writes exactly the RFC 8785 form of this value, at a fraction of the cost.

    It does where keys are ASCII (RFC 8785 sorts by UTF-16 code units) and fractions are of a size that nobody writes with an exponent;
    a fraction without fractional part (1.0, -0.0) is written differently. Level by level, because every message is looked at.
    """
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str or item is None or kind is bool:
                continue
            if kind is int:
                if not -MAX_SAFE_INTEGER <= item <= MAX_SAFE_INTEGER:
                    return False
            elif kind is float:
                if not 0.001 <= abs(item) < 1e15 or item.is_integer():
                    return False
            elif kind is dict:
                if not all(type(key) is str and key.isascii() for key in item):
                    return False
                below += item.values()
            elif kind is list:
                below += item
            else:
                return False
        if not below:
            return True
        level = below
    return False


def sorted_json(envelope: dict[str, Any]) -> bytes:
    """JSON with the top-level keys sorted, nested keys in the order given and no spaces: what the field's third scheme signs.

    Keys are sorted as ECMAScript sorts them, by UTF-16 code units, and scalars are written as its JSON.stringify writes them, which is
    RFC 8785's way too (ERRATUM-01).
    """
    return _stringify(dict(sorted(as_doubles(envelope).items(), key=_utf16)))


def _utf16(member: tuple[str, Any]) -> bytes:
    return member[0].encode("utf-16-be", "surrogatepass")


def _stringify(value: Any) -> bytes:
    match value:
        case dict():
            return b"{" + b",".join(canonical(key) + b":" + _stringify(item) for key, item in value.items()) + b"}"
        case list():
            return b"[" + b",".join(_stringify(item) for item in value) + b"]"
    return canonical(value)


def compact(value: Any) -> bytes:
    """A JSON value as compact UTF-8, keys in the order given: what goes over the wire, and what sizes are measured on."""
    return orjson.dumps(value)
