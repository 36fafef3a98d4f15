"""Embeddings on the wire: float32, little-endian, in base64, as {b64, dim, dtype, model?} (RFC-001, capability descriptors)."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.signing import decode_base64, encode_base64


def encode_f32(vector: Sequence[float]) -> str:
    """Floats as bare base64: what a `to_query.embedding` holds."""
    return encode_base64(struct.pack(f"<{len(vector)}f", *vector))


def decode_f32(text: str, member: str = "embedding") -> list[float]:
    """The floats of bare base64.

    Raises:
        WireError: INVALID_ENVELOPE, when it is no base64, no whole number of floats, none at all, or holds NaN or an infinity.
    """
    try:
        data = decode_base64(text)
    except ValueError as error:
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not base64", member) from error
    if not data or len(data) % 4:
        raise WireError(ErrorCode.INVALID_ENVELOPE, f"{len(data)} bytes are no whole number of float32", member)
    vector = list(struct.unpack(f"<{len(data) // 4}f", data))
    if not math.isfinite(sum(vector)):  # in doubles float32 never overflow, and one NaN or infinity stays to the end
        raise WireError(ErrorCode.INVALID_ENVELOPE, "holds NaN or an infinity", member)
    return vector


def embedding_object(vector: Sequence[float], model: str | None = None) -> dict[str, Any]:
    """The object form, of a capability or of an intent."""
    embedding: dict[str, Any] = {"b64": encode_f32(vector), "dim": len(vector), "dtype": "f32"}
    return embedding if model is None else {**embedding, "model": model}


def parse_embedding(value: Any, member: str = "embedding") -> list[float]:
    """The floats of the object form.

    Raises:
        WireError: INVALID_ENVELOPE, for another dtype than f32 or a dim that is not the number of bytes / 4 (ERRATUM-24).
    """
    if not isinstance(value, dict) or not isinstance(value.get("b64"), str):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not an object {b64, dim, dtype}", member)
    if value.get("dtype") != "f32":
        raise WireError(ErrorCode.INVALID_ENVELOPE, "dtype is always f32", member)
    vector = decode_f32(value["b64"], member)
    if isinstance(value.get("dim"), bool) or value.get("dim") != len(vector):
        raise WireError(ErrorCode.INVALID_ENVELOPE, f"dim says {value.get('dim')}, the bytes hold {len(vector)}", member)
    return vector
