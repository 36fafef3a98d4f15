"""The broker's parts that need no services."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_network

import pytest
from starlette.requests import Request

from reference_broker.batching import Batch
from reference_broker.errors import BrokerError
from reference_broker.incoming import check_content_type, client_address, request_target
from reference_broker.mailbox import subject_token
from reference_broker.readiness import Readiness
from reference_broker.settings import BadSettings, load_settings

SERVICES = {"DATABASE_URL": "postgresql://h/d", "REDIS_URL": "redis://h", "NATS_URL": "nats://h"}


def request(peer: str = "10.0.0.9", *forwarded: str, query: bytes = b"", raw_path: bytes = b"/a%3Ab") -> Request:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"type": "http", "method": "GET", "path": "/a:b", "raw_path": raw_path, "query_string": query, "headers": headers}
    return Request({**scope, "client": (peer, 1)})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.9", (), "10.0.0.9"),
        ("203.0.113.5", ("1.1.1.1",), "203.0.113.5"),  # nobody's proxy: its header is worth nothing
        ("10.0.0.9", ("1.1.1.1",), "1.1.1.1"),
        ("10.0.0.9", ("6.6.6.6, 1.1.1.1",), "1.1.1.1"),
        ("10.0.0.9", ("6.6.6.6", "1.1.1.1, 10.0.0.7"), "1.1.1.1"),
        ("10.0.0.9", ("nonsense",), "10.0.0.9"),
        ("10.0.0.9", ("10.0.0.1",), "10.0.0.1"),
        ("::ffff:10.0.0.9", ("1.1.1.1",), "1.1.1.1"),
    ],
)
def test_whose_address_it_is(peer: str, forwarded: tuple[str, ...], expected: str) -> None:
    assert client_address(request(peer, *forwarded), (ip_network("10.0.0.0/8"),)) == expected


def test_what_a_proof_signs_is_the_target_as_sent() -> None:
    assert request_target(request()) == "/a%3Ab"
    assert request_target(request(query=b"x=%20")) == "/a%3Ab?x=%20"


@pytest.mark.parametrize("header", ["application/json", "application/ld+json;charset=UTF-8", 'APPLICATION/JSON; charset="utf-8"'])
def test_content_types(header: str) -> None:
    check_content_type(header)


@pytest.mark.parametrize(
    "header", [None, "", "text/json", "application/json; charset=latin-1", "application/json; profile=x", "application/cbor"]
)
def test_other_content_types(header: str | None) -> None:
    with pytest.raises(BrokerError, match="content type"):
        check_content_type(header)


async def test_calls_of_one_turn_travel_together() -> None:
    batches: list[list[int]] = []

    async def run(items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        await asyncio.sleep(0)
        if 7 in items:
            raise ValueError("seven")
        return [item * 2 for item in items]

    double = Batch(run, at_most=3)
    assert await asyncio.gather(*(double(n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert batches == [[0, 1, 2], [3, 4]]
    failed = await asyncio.gather(double(6), double(7), return_exceptions=True)
    assert [type(error) for error in failed] == [ValueError, ValueError]
    assert await double(1) == 2


async def test_one_check_serves_all_who_ask() -> None:
    asked = 0

    async def check() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.02)

    async def broken() -> None:
        raise OSError("a password")

    readiness = Readiness({"database": check, "redis": broken})
    answers = await asyncio.gather(*(readiness.ask() for _ in range(50)))
    assert answers == [(False, {"database": "ok", "redis": "error"})] * 50
    assert asked == 1
    await asyncio.sleep(0.15)
    await readiness.ask()
    assert asked == 2


def test_a_did_is_one_token_of_a_subject() -> None:
    assert subject_token("did:key:z6Mk") == "did:key:z6Mk"
    assert subject_token("did:web:a.b%3A1:*>") == "did:web:a%2Eb%253A1:%2A%3E"


def test_every_fault_of_the_settings_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SERVICES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("AINP_LIMITS", "draft-01")
    monkeypatch.setenv("SIGNING_KEY", "hunter2")
    with pytest.raises(BadSettings) as refused:
        load_settings()
    for name in (*SERVICES, "PORT", "AINP_LIMITS", "SIGNING_KEY"):
        assert name in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_settings_are_lists_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SERVICES, "CORS_ORIGINS": "https://a, https://b", "SIGNATURE_SCHEMES": "jcs", "TRUSTED_PROXIES": ""}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.cors_origins == ("https://a", "https://b")
    assert settings.signature_schemes == ("jcs",)
    assert settings.trusted_proxies == ()
