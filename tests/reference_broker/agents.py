"""An agent for these tests: a throw-away key, an address of its own (so that no test uses up another's limit), and the calls it makes."""

from __future__ import annotations

import itertools
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.identity import Identity
from ainp_harness.wire.messages import (
    ADVERTISE_SCHEMA,
    DISCOVER_SCHEMA,
    FREEFORM_NOTE_SCHEMA,
    RESULT_SCHEMA,
    Stamp,
    capability,
    envelope,
    freeform_note,
    result_payload,
)

JSON = {"Content-Type": "application/json"}
_addresses = itertools.count(1)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def stamp(**changes: Any) -> Stamp:
    return Stamp(**{"id": str(uuid.uuid4()), "trace_id": "trace", "timestamp_ms": now_ms(), **changes})


def note(text: str = "hello") -> dict[str, Any]:
    return freeform_note(text, [0.1, 0.2, 0.3])


@dataclass
class Agent:
    """One DID and one address."""

    http: httpx.AsyncClient
    identity: Identity = field(default_factory=lambda: Identity.derived(secrets.token_hex(8), "agent"))
    address: str = field(default_factory=lambda: f"10.1.{(n := next(_addresses)) // 250}.{n % 250 + 1}")

    @property
    def did(self) -> str:
        return self.identity.did

    @property
    def inbox(self) -> str:
        return f"/api/v1/inbox/{quote(self.did, safe=':')}"

    async def call(self, method: str, path: str, *, content: bytes = b"", headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.http.request(method, path, content=content, headers={"X-Forwarded-For": self.address, **(headers or {})})

    async def proven(self, method: str, path: str, body: bytes = b"", *, at: int | None = None, claim: str | None = None) -> httpx.Response:
        proof = self.identity.prove(method=method, target=path, timestamp_ms=at or now_ms(), body=body)
        if claim is not None:
            proof["X-AINP-DID"] = claim
        return await self.call(method, path, content=body, headers={**(JSON if body else {}), **proof})

    async def post(self, path: str, message: dict[str, Any]) -> httpx.Response:
        return await self.call("POST", path, content=json.dumps(message).encode(), headers=JSON)

    async def register(self, *descriptions: str, tags: tuple[str, ...] = (), proof: bool = True, **members: Any) -> httpx.Response:
        body = {
            "did": self.did,
            "publicKey": self.identity.public_key_base64,
            "capabilities": [capability(text, tags) for text in descriptions or ("keeps bees",)],
            **members,
        }
        if proof:
            return await self.proven("POST", "/api/v1/agents", orjson.dumps(body))
        return await self.post("/api/v1/agents", body)

    def intent(self, to: str | None = None, **members: Any) -> dict[str, Any]:
        """A signed freeform-note. `members` replace members of the envelope, or of its stamp."""
        times = {name: members.pop(name) for name in ("id", "timestamp_ms", "trace_id") if name in members}
        message = envelope(MsgType.INTENT, stamp(**times), from_did=self.did, to_did=to, schema=FREEFORM_NOTE_SCHEMA, payload=note())
        return self.identity.sign({**message, **members})

    async def send(self, to: str | None = None, **members: Any) -> httpx.Response:
        return await self.post("/api/v1/intents", self.intent(to, **members))

    async def answer(self, intent_id: str, *, to: str | None, **members: Any) -> httpx.Response:
        payload = result_payload(intent_id, {"done": True})
        message = envelope(MsgType.RESULT, stamp(), from_did=self.did, to_did=to, schema=RESULT_SCHEMA, payload=payload)
        return await self.post("/api/v1/intents", self.identity.sign({**message, **members}))

    async def advertise(self, *descriptions: str, **members: Any) -> httpx.Response:
        payload = {"capabilities": [capability(text) for text in descriptions]}
        message = envelope(MsgType.ADVERTISE, stamp(), from_did=self.did, schema=ADVERTISE_SCHEMA, payload=payload)
        return await self.post("/api/v1/advertise", self.identity.sign({**message, **members}))

    async def discover(self, description: str, **members: Any) -> httpx.Response:
        query = {"description": description, **members}
        message = envelope(MsgType.DISCOVER, stamp(), from_did=self.did, schema=DISCOVER_SCHEMA, to_query=query)
        return await self.post("/api/v1/discovery", self.identity.sign(message))

    async def poll(self, **parameters: int) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        answer = await self.proven("GET", self.inbox + (f"?{query}" if query else ""))
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    async def confirm(self, *delivery_ids: str) -> httpx.Response:
        return await self.proven("POST", self.inbox + "/confirm", orjson.dumps({"delivery_ids": list(delivery_ids)}))


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and error code of a refusal, whose form is checked on the way."""
    body = answer.json()
    assert body["msg_type"] == "ERROR", body
    assert body["error_message"], body
    assert answer.headers["X-AINP-Instance"], answer.headers
    return answer.status_code, body["error_code"]
