"""Secrets never reach the bundle: not in their headers, and not where the broker or a failure echoes them."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.evidence.recorder import REDACTED, SECRET_HEADERS, Recorder, Redactor
from ainp_harness.wire.exchange import Body, Exchange, Failure, FailureKind, Frame, Response
from tests.evidence.recording import answered

SECRET = "tok-5f3a9c"

USERS = Redactor.for_headers({"X-Gateway": SECRET, "Authorization": f"Bearer {SECRET}"})


def bundle_text(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*.jsonl"))


def echoing() -> Exchange:
    """An exchange with the secret at every place where it can stand."""
    exchange = answered("c0-1", body=f'{{"note": "{SECRET}"}}'.encode(), headers={"x-gateway": SECRET, "x-other": f"for {SECRET}"})
    return replace(
        exchange,
        request=replace(exchange.request, target=f"/x?token={SECRET}"),
        response=Response(500, {"x-echo": SECRET}, Body.keep(f"debug: {SECRET}, {SECRET}".encode())),
        failure=Failure(FailureKind.PROTOCOL, f"illegal header value {SECRET}"),
        frames=(Frame(1.0, False, f"hello {SECRET}"),),
    )


def test_a_users_secret_is_nowhere_in_the_bundle(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "c0", USERS)
    kept = recorder.record(echoing())
    recorder.probe_begins("p", 1, [])
    recorder.probe_ends("p", 1, "error", f"the probe itself failed: {SECRET}")
    recorder.close()

    assert SECRET not in bundle_text(tmp_path)
    assert bundle_text(tmp_path).count(REDACTED) == 10
    assert SECRET not in repr(kept), "what is judged live is what was recorded"


@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
def test_secret_headers_are_redacted_however_they_are_spelled(name: str, spell: object) -> None:
    assert callable(spell)
    kept = Redactor().exchange(answered("c0-1", headers={spell(name): "value", "x-ainp-did": "did:key:z"}))

    assert kept.request.headers == {spell(name): REDACTED, "x-ainp-did": "did:key:z"}


def test_a_header_of_the_user_is_redacted_however_it_is_spelled() -> None:
    kept = Redactor.for_headers({"X-My-Token": "abc"}).exchange(answered("c0-1", headers={"x-my-token": "abc"}))

    assert kept.request.headers["x-my-token"] == REDACTED


def test_the_brokers_cookies_are_redacted() -> None:
    exchange = replace(answered("c0-1"), response=Response(200, {"set-cookie": "session=1"}, Body.keep(b"")))

    kept = Redactor().exchange(exchange)
    assert kept.response is not None
    assert kept.response.headers["set-cookie"] == REDACTED


def test_a_token_is_a_secret_without_its_scheme_too() -> None:
    assert USERS.text(f"Bearer {SECRET} / {SECRET}") == f"{REDACTED} / {REDACTED}"


def test_a_short_value_does_not_tear_texts_apart() -> None:
    assert Redactor.for_headers({"X-Mode": "on"}).text("no connection") == "no connection"


def test_a_body_keeps_its_length_and_what_is_binary() -> None:
    redactor = Redactor.for_headers({"X-Gateway": SECRET})
    body = Body(b"\xff" + SECRET.encode(), 1000)
    kept = redactor.exchange(replace(answered("c0-1"), response=Response(200, {}, body))).response

    assert kept is not None
    assert kept.body.data == b"\xff" + REDACTED.encode()
    assert kept.body.total == 1000 + len(REDACTED) - len(SECRET)
    assert base64.b64encode(SECRET.encode()) not in repr(kept.body.to_data()).encode()


@pytest.mark.parametrize("left", [5, 9, len(SECRET)])
def test_a_secret_that_the_end_of_a_kept_body_cuts_is_redacted(left: int) -> None:
    whole = b"x" * 10 + SECRET.encode() * 2
    body = Body.keep(whole, 10 + len(SECRET) + left)
    kept = USERS.exchange(replace(answered("c0-1"), response=Response(200, {}, body))).response

    assert kept is not None
    assert kept.body.data == b"x" * 10 + REDACTED.encode() * 2


def test_without_secrets_nothing_changes() -> None:
    assert Redactor().exchange(answered("c0-1", headers={"accept": "x"})) == answered("c0-1", headers={"accept": "x"})


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=4, max_size=8), st.text(max_size=10), st.text(max_size=10))
def test_no_value_survives_in_a_text(secret: str, before: str, after: str) -> None:
    redactor = Redactor.for_headers({"x-secret": secret})

    assert secret not in redactor.text(before + secret + after).replace(REDACTED, "") or secret in REDACTED or secret.strip() != secret
