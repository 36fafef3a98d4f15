"""What the surface promises beside the operations: health, declaration, headers, limits, CORS, paths and methods that are not there."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import Counter

import httpx

from ainp_harness.targets.embedded import EmbeddedTarget
from tests.reference_broker.agents import JSON, Agent, code
from tests.reference_broker.conftest import MakeAgent

FORBIDDEN = ["/api/v1/admin", "/admin", "/api/admin", "/api/dev", "/debug", "/debug/pprof", "/internal", "/.env", "/docs", "/openapi.json"]


async def test_health_ready_and_declaration(http: httpx.AsyncClient, alice: Agent) -> None:
    health, ready = await http.get("/health"), await http.get("/health/ready")
    assert health.json() == {"status": "healthy"}
    assert ready.json() == {"status": "ready", "checks": {"database": "ok", "redis": "ok", "nats": "ok"}}

    declared = (await alice.call("GET", "/api/v1")).json()

    assert declared["instance"] == health.headers["X-AINP-Instance"]
    assert set(declared["features"]) >= {"queue", "queue_control", "websocket", "credits", "escrow"}
    assert declared["limits"] == {"window_s": 3, "per_did": 100, "per_ip": 100, "payload_bytes": 1_048_576, "queue_per_agent": 60}
    assert declared["constants"] == {"replay_margin_s": 1}
    assert declared["presence_s"] == 2
    assert declared["revision"] == "tests"
    assert declared["embedding"]["dim"] == 256


async def test_what_is_not_there(http: httpx.AsyncClient) -> None:
    for path in ("/api/v1/no-such-thing", "/api/v1/intents/", *FORBIDDEN):
        assert code(await http.get(path)) == (404, "NOT_FOUND")
    for method, path in (("PUT", "/health"), ("GET", "/api/v1/intents"), ("PATCH", "/api/v1/agents/x"), ("OPTIONS", "/api/v1/agents")):
        assert code(await http.request(method, path)) == (405, "METHOD_NOT_ALLOWED")


async def test_headers_of_every_answer(http: httpx.AsyncClient) -> None:
    for path in ("/health", "/nowhere", "/api/v1/discovery"):
        headers = (await http.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-AINP-Instance"]
        assert "server" not in headers


async def test_cors_is_for_the_configured_origin(target: EmbeddedTarget, http: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-ainp-did"}
    allowed = await http.options("/api/v1/intents", headers={"Origin": target.cors_origin or "", **asked})
    other = await http.options("/api/v1/intents", headers={"Origin": "https://elsewhere.example", **asked})

    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == target.cors_origin
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    assert other.status_code == 400
    assert "Access-Control-Allow-Origin" not in other.headers
    assert other.headers["X-AINP-Instance"]


async def test_a_did_has_a_hundred_in_a_window(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    began = time.monotonic()
    answers = await asyncio.gather(*(alice.proven("GET", alice.inbox) for _ in range(130)))

    passed = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(passed) == 100
    assert sorted(int(answer.headers["X-RateLimit-Remaining"]) for answer in passed) == list(range(100))
    for answer in refused:
        assert code(answer) == (429, "RATE_LIMIT_EXCEEDED")
        wait_ms = answer.json()["retry_after_ms"]
        assert 0 < wait_ms <= 3_000
        assert answer.headers["Retry-After"] == str(math.ceil(wait_ms / 1000))
        assert answer.headers["X-RateLimit-Limit"] == "100"
    identifier = alice.intent(bob.did)
    assert code(await alice.post("/api/v1/intents", identifier)) == (429, "RATE_LIMIT_EXCEEDED")
    assert (await agent().send(bob.did)).status_code == 202
    answer = await alice.proven("GET", alice.inbox)
    await asyncio.sleep(answer.json()["retry_after_ms"] / 1000)
    assert time.monotonic() - began > 2.9
    assert (await alice.post("/api/v1/intents", identifier)).status_code == 202  # the refusal had not used up its id


async def test_what_does_not_verify_counts_against_the_address(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    mallory = agent()
    forged = {**alice.intent(bob.did), "sig": "A" * 86 + "=="}
    answers = await asyncio.gather(*(mallory.post("/api/v1/intents", forged) for _ in range(60)))
    answers += await asyncio.gather(*(mallory.call("POST", "/api/v1/intents", content=b"{", headers=JSON) for _ in range(50)))
    answers += [await mallory.call("GET", "/api/v1/discovery?query=x"), await mallory.register(), await mallory.call("GET", bob.inbox)]

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {401: 60, 400: 40, 429: 13}
    assert {answer.status_code for answer in answers[110:]} == {429}
    assert (await alice.send(bob.did)).status_code == 202
    assert (await mallory.send(bob.did)).status_code == 202  # verified: it counts against its DID
    assert (await mallory.http.get("/health")).status_code == 200
    inner = await mallory.call("GET", "/api/v1", headers={"X-Forwarded-For": f"9.9.9.9, {mallory.address}"})
    assert inner.status_code == 429


async def test_an_early_answer_to_a_large_body(target: EmbeddedTarget) -> None:
    host, port = target.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /api/v1/intents HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n{")

    answer = await asyncio.wait_for(reader.readuntil(b"}"), 2)

    assert b" 413 " in answer.partition(b"\r\n")[0]
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["error_code"] == "PAYLOAD_TOO_LARGE"
    writer.close()


async def test_security_events_are_written_down(target: EmbeddedTarget, alice: Agent, bob: Agent) -> None:
    message = alice.intent(bob.did)
    await alice.post("/api/v1/intents", {**message, "sig": "A" * 86 + "=="})
    await alice.post("/api/v1/intents", message)
    await alice.post("/api/v1/intents", message)
    await alice.proven("GET", bob.inbox)
    await asyncio.gather(*(alice.proven("GET", alice.inbox) for _ in range(101)))

    assert target.logs_dir is not None
    text = (target.logs_dir / "broker.log").read_text()
    events = [line for line in map(json.loads, text.splitlines()) if line.get("audit") and line["did"] == alice.did]
    assert {line["event"] for line in events} == {"bad_signature", "replay", "not_the_owner", "limit_reached"}
    assert {line["address"] for line in events} == {alice.address}
    assert message["sig"] not in text
