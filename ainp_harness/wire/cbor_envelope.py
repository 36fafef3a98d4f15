"""Envelopes in CBOR: maps with the integer keys of RFC-001, and the JSON form that they stand for.

What is signed is the JSON form (house; the sources don't say). So decoding gives a JSON value, from which on both encodings are one:
`id` of 16 bytes becomes its UUID in lower case, and every other byte string its standard base64. Tags are refused: JSON has nothing that
they could mean, and shared references would make a small message a large one.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import cbor2

from ainp_harness.wire.canonical import MAX_DEPTH, NotCanonical, as_doubles
from ainp_harness.wire.signing import decode_base64, encode_base64

MEDIA_TYPE = "application/cbor"

KEYS: Mapping[int, str] = {
    1: "version", 2: "msg_type", 3: "id", 4: "timestamp", 5: "ttl", 6: "trace_id", 7: "from_did", 8: "to_did", 9: "to_query",
    10: "schema", 11: "qos", 12: "capabilities_ref", 13: "attestations", 14: "payload", 15: "sig",
}  # fmt: skip
"""RFC-001, CBOR mapping. Its example numbers schema and qos otherwise; the map holds (ERRATUM-14)."""

_NUMBER_OF = {name: key for key, name in KEYS.items()}


def from_cbor(data: bytes) -> dict[str, Any]:
    """The JSON form of an envelope in CBOR. Members that the map has no number for have their names as keys.

    Raises:
        NotCanonical: it is no CBOR map of this form, or holds what JSON cannot say: a tag, undefined, a key twice, a number that is not
            finite, nesting beyond MAX_DEPTH.
    """
    value = _decoded(data)
    if not isinstance(value, dict):
        raise NotCanonical("a message in CBOR is a map")
    named = {_name_of(key): item for key, item in value.items()}
    identifier = named.get("id")
    if isinstance(identifier, bytes) and len(identifier) == 16:
        named["id"] = str(uuid.UUID(bytes=identifier))
    envelope: dict[str, Any] = as_doubles(_as_json(named))
    return envelope


def to_cbor(envelope: Mapping[str, Any]) -> bytes:
    """An envelope of JSON in CBOR; `from_cbor` gives the same JSON value back.

    Raises:
        NotCanonical: a number is beyond the range of a double.
    """
    value = {_NUMBER_OF.get(name, name): _packed(item, name, top=True) for name, item in as_doubles(dict(envelope)).items()}
    return cbor2.dumps(value)


def _decoded(data: bytes) -> Any:
    stream = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(stream, max_depth=MAX_DEPTH, allow_duplicate_keys=False, semantic_decoders=_NoTags(), tag_hook=_refuse_tag)
    try:
        value = decoder.decode()
    except (cbor2.CBORError, ValueError, TypeError) as error:
        raise NotCanonical("not CBOR, or CBOR that JSON cannot say") from error
    if stream.tell() != len(data):
        raise NotCanonical("bytes after the end of the map")
    return value


def _name_of(key: object) -> str:
    if isinstance(key, int) and not isinstance(key, bool) and key in KEYS:
        return KEYS[key]
    if isinstance(key, str) and key not in _NUMBER_OF:  # a member that has a number has no second spelling
        return key
    raise NotCanonical("a key of the map is neither 1 to 15 nor the name of a further member")


def _as_json(value: Any) -> Any:
    match value:
        case dict():
            if not all(isinstance(key, str) for key in value):
                raise NotCanonical("within a member, keys are texts")
            return {key: _as_json(item) for key, item in value.items()}
        case list():
            return [_as_json(item) for item in value]
        case bytes():
            return encode_base64(value)
        case str() | bool() | int() | float() | None:
            return value
    raise NotCanonical("a value that JSON does not have")


def _packed(value: Any, name: str, *, top: bool = False) -> Any:
    """What has a binary form in it: `id`, `sig`, and the `b64` of embeddings, each only where decoding gives the same text back."""
    match value:
        case str() if top and name == "id":
            return _uuid_bytes(value)
        case str() if name == "b64" or (top and name == "sig"):
            return _raw_bytes(value)
        case dict():
            return {key: _packed(item, key) for key, item in value.items()}
        case list():
            return [_packed(item, "") for item in value]
    return value


def _uuid_bytes(text: str) -> bytes | str:
    try:
        packed = uuid.UUID(text)
    except ValueError:
        return text
    return packed.bytes if str(packed) == text else text


def _raw_bytes(text: str) -> bytes | str:
    try:
        return decode_base64(text)
    except ValueError:
        return text


def _refuse_tag(*_arguments: object) -> Any:
    raise ValueError("tags are not taken")


class _NoTags(dict[int, Callable[..., Any]]):
    """A decoder for every tag, which refuses it: the library's own would make dates, fractions and shared references."""

    def __missing__(self, tag: int) -> Callable[..., Any]:
        return _refuse_tag
