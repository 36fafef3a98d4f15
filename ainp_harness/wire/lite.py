"""Lite mode: the small envelope of devices that have little to say (draft-00, lite mode). Signed, and bound by time and replay, like any.

An INTENT to a to_did may leave out ttl, qos and trace_id. `schema` it names (ERRATUM-20): without it nobody could check the payload.
"""

from __future__ import annotations

from typing import Any

from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.messages import DEFAULT_QOS, DEFAULT_TTL_MS

MAY_BE_ABSENT = ("ttl", "qos", "trace_id")


def with_lite_defaults(value: Any) -> Any:
    """A JSON value with what a lite INTENT leaves out filled in; any other message as it is. Signed and delivered is what came."""
    if not isinstance(value, dict) or value.get("msg_type") != MsgType.INTENT or not isinstance(value.get("to_did"), str):
        return value
    if all(name in value for name in MAY_BE_ABSENT):
        return value
    # A message without a trace begins one, which needs a name: that of the message.
    return {"ttl": DEFAULT_TTL_MS, "qos": dict(DEFAULT_QOS), "trace_id": value.get("id"), **value}
