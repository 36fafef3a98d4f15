"""The broker's own DID, by which it signs what it originates. All instances share one key: given as SIGNING_KEY, or made once and kept
in the database."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nacl.signing import SigningKey

from ainp_harness.wire.did import did_key
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.messages import Stamp, envelope
from ainp_harness.wire.signing import decode_base64, encode_base64, sign
from reference_broker.database import Database


@dataclass(frozen=True)
class BrokerIdentity:
    """A key and its did:key."""

    key: SigningKey = field(repr=False)
    did: str

    @property
    def secret(self) -> bytes:
        """For marks that only instances of this broker can make: `inbox.py`, delivery ids."""
        return bytes(self.key)

    def answer(self, msg_type: MsgType, *, schema: str, to_did: str | None, trace_id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A whole message of the broker, signed by jcs-sha256, in the trace of what it answers."""
        stamp = Stamp(str(uuid.uuid4()), trace_id, time.time_ns() // 1_000_000)
        return sign(envelope(msg_type, stamp, from_did=self.did, schema=schema, to_did=to_did, payload=payload), self.key)


async def load_identity(database: Database, seed: str | None) -> BrokerIdentity:
    """The key of SIGNING_KEY, else the one in the database, made there by the first instance that asked."""
    if seed is None:
        seed = await database.shared("signing_key", encode_base64(os.urandom(32)))
    key = SigningKey(decode_base64(seed))
    return BrokerIdentity(key, did_key(bytes(key.verify_key)))
