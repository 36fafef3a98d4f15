"""Every expectation on evidence made by hand: what it calls held, what broken, and what it cannot tell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from ainp_harness.judging.expectation import evaluate, expectation_names
from ainp_harness.wire.exchange import Body, Exchange, FailureKind, Request
from ainp_harness.wire.signing import sign
from tests.judging.evidence import ALICE, BOB, CONTEXT, CREATED_MS, error, exchange, found, intent, polled, socket, unanswered
from tests.judging.faults_table import ROWS as FAULTS_AND_OPERATIONS
from tests.judging.matches_table import MATCHES
from tests.judging.negotiation_table import NEGOTIATION
from tests.judging.promptness_table import PROMPTNESS
from tests.judging.queues_table import QUEUES
from tests.judging.rates_table import ROWS as RATES_AND_CONNECTIONS
from tests.judging.wire_table import WIRE
from tests.wire.exchanges import EXCHANGES

HELD, BROKEN, NOT_SHOWN, DISPUTED = "held", "broken", "not_shown", "disputed"

LIMITED = error(429, "RATE_LIMIT_EXCEEDED", headers={"retry-after": "30"})
CARL = "did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf"


def agent(**members: Any) -> Exchange:
    return exchange("get_agent", 200, {"did": BOB, "capabilities": [{"description": "a"}, {"description": "b"}], **members})


def with_headers(**headers: str) -> Exchange:
    return exchange("health", 200, {}, headers={name.replace("_", "-"): value for name, value in headers.items()})


def truncated(one: Exchange) -> Exchange:
    assert one.response is not None
    body = one.response.body
    return Exchange(
        **{**vars(one), "response": type(one.response)(one.response.status, one.response.headers, Body(body.data, body.total + 1))}
    )


def burst(passed: int, limited: int = 0, took_ms: float = 5.0) -> list[Exchange]:
    return [exchange(duration_ms=took_ms)] * passed + [LIMITED] * limited


def counting(*remaining: str, limit: str = "100") -> list[Exchange]:
    return [with_headers(x_ratelimit_limit=limit, x_ratelimit_remaining=value) for value in remaining]


ANYBODY_WITH_CREDENTIALS = with_headers(access_control_allow_origin="*", access_control_allow_credentials="true")

SIGNED = sign(intent("i1", from_did=ALICE), SigningKey(bytes(32)))

LIVENESS = {
    "erratum": "ERRATUM-09",
    "readings": {
        "liveness-only": {"expectation": "accepted"},
        "follows-dependencies": {"expectation": "answers", "statuses": [503], "json": False},
    },
}

TABLE: list[tuple[str, list[Exchange], dict[str, Any], str]] = [
    *FAULTS_AND_OPERATIONS,
    *RATES_AND_CONNECTIONS,
    *PROMPTNESS,
    *NEGOTIATION, *QUEUES, *MATCHES, *WIRE,
    ("accepted", [exchange(), exchange()], {}, HELD),
    ("accepted", [exchange(), error(400, "INVALID_ENVELOPE")], {}, BROKEN),
    ("accepted", [exchange(status=200)], {}, BROKEN),  # send_intent means 202
    ("accepted", [unanswered()], {}, BROKEN),
    ("accepted", [unanswered(kind=FailureKind.LOCAL)], {}, NOT_SHOWN),
    ("accepted", [LIMITED], {}, NOT_SHOWN),
    ("accepted", [exchange("no-operation", 204)], {}, HELD),
    # readings: ERRATUM-09, of which phase-0.3 reads liveness-only; ERRATUM-10 with one that excuses nothing
    ("follows_reading", [exchange("health", 200)], LIVENESS, HELD),
    ("follows_reading", [exchange("health", 503)], LIVENESS, DISPUTED),
    ("follows_reading", [exchange("health", 404)], LIVENESS, BROKEN),
    ("follows_reading", [unanswered("health", FailureKind.LOCAL)], LIVENESS, NOT_SHOWN),
    ("follows_reading", [exchange("health", 200)], {**LIVENESS, "erratum": "ERRATUM-99"}, NOT_SHOWN),
    ("follows_reading", [exchange("poll", 200)], {"erratum": "ERRATUM-10", "readings": {"trusted": {"expectation": "accepted"}}}, BROKEN),
    # refusals
    ("refused", [error(401, "INVALID_SIGNATURE")], {}, HELD),
    ("refused", [error(401, "INVALID_SIGNATURE")], {"codes": ["INVALID_SIGNATURE"], "statuses": [401]}, HELD),
    ("refused", [error(409, "REPLAY_DETECTED")], {"codes": ["DUPLICATE_INTENT"], "strict": True}, HELD),
    ("refused", [exchange()], {}, BROKEN),
    ("refused", [exchange(status=200)], {}, BROKEN),
    ("refused", [exchange(status=302)], {}, BROKEN),
    ("refused", [error(500, "INTERNAL_ERROR")], {}, BROKEN),
    ("refused", [error(503, "UNAVAILABLE")], {}, BROKEN),
    ("refused", [unanswered()], {}, NOT_SHOWN),
    ("refused", [LIMITED], {}, NOT_SHOWN),
    ("refused", [LIMITED], {"codes": ["RATE_LIMIT_EXCEEDED"], "statuses": [429]}, HELD),
    ("refused", [error(401, "INVALID_SIGNATURE")], {"codes": ["DUPLICATE_INTENT"]}, BROKEN),  # for another reason
    ("refused", [error(401, "BAD_SIG")], {"codes": ["INVALID_SIGNATURE"]}, HELD),  # a word of its own: the status decides
    ("refused", [error(401, "BAD_SIG")], {"codes": ["INVALID_SIGNATURE"], "statuses": [400]}, BROKEN),
    ("refused", [error(401, "BAD_SIG")], {"codes": ["INVALID_SIGNATURE"], "strict": True}, BROKEN),
    ("refused", [error(401)], {"codes": ["INVALID_SIGNATURE"], "strict": True}, BROKEN),
    ("refused", [error(401, "INVALID_SIGNATURE"), exchange()], {}, BROKEN),
    # plain answers
    ("answers", [exchange("health", 200, {"status": "healthy"})], {"statuses": [200], "members": {"status": "healthy"}}, HELD),
    ("answers", [exchange("health", 200, {"status": "ill"})], {"statuses": [200], "members": {"status": "healthy"}}, BROKEN),
    ("answers", [exchange("health", 503, {"status": "healthy"})], {"statuses": [200]}, BROKEN),
    ("answers", [with_headers(content_type="text/html")], {"statuses": [200]}, BROKEN),
    ("answers", [with_headers(content_type="application/problem+json; charset=utf-8")], {"statuses": [200]}, HELD),
    ("answers", [with_headers(content_type="text/html")], {"statuses": [200], "json": False}, HELD),
    ("answers", [unanswered("health")], {"statuses": [200]}, BROKEN),
    ("answers", [unanswered("health", FailureKind.LOCAL)], {"statuses": [200]}, NOT_SHOWN),
    ("one_accepted", [exchange(), error(409)], {}, HELD),
    ("one_accepted", [exchange(), exchange()], {}, BROKEN),
    ("one_accepted", [error(409), error(409)], {}, BROKEN),
    ("one_accepted", [exchange(), unanswered()], {}, NOT_SHOWN),
    ("accepted_or_refused", [exchange(), error(400)], {}, HELD),
    ("accepted_or_refused", [error(500)], {}, BROKEN),
    ("accepted_or_refused", [unanswered()], {}, BROKEN),
    ("any_accepted", [error(400), exchange()], {}, HELD),
    ("any_accepted", [error(400)], {}, BROKEN),
    ("any_accepted", [unanswered()], {}, NOT_SHOWN),
    ("closed", [error(404), error(401), error(403), error(405)], {}, HELD),
    ("closed", [exchange(status=200)], {}, BROKEN),
    ("closed", [unanswered()], {}, NOT_SHOWN),
    ("refused_or_kept", [error(400)], {"path": "a", "value": 1}, HELD),
    ("refused_or_kept", [exchange(), exchange("poll", 200, {"a": 1})], {"path": "a", "value": 1}, HELD),
    ("refused_or_kept", [exchange(), exchange("poll", 200, {"a": 2})], {"path": "a", "value": 1}, BROKEN),
    ("refused_or_kept", [exchange(), truncated(exchange("poll", 200, {"a": 1}))], {"path": "a", "value": 1}, NOT_SHOWN),
    ("refused_or_kept", [error(500)], {"path": "a", "value": 1}, BROKEN),
    ("refused_or_kept", [LIMITED], {"path": "a", "value": 1}, BROKEN),
    ("refused_or_kept", [unanswered()], {"path": "a", "value": 1}, NOT_SHOWN),
    # deliveries
    ("received", [polled(intent("I1"))], {"ids": ["i1"]}, HELD),
    ("received", [polled(intent("i1")), polled(intent("i1"))], {"ids": ["i1"]}, HELD),  # seen again, the same delivery
    ("received", [polled(intent("i1")), polled(intent("i1"), first=2)], {"ids": ["i1"]}, BROKEN),  # two deliveries
    ("received", [polled()], {"ids": ["i1"]}, BROKEN),
    ("received", [polled(intent("i1"), intent("i1"))], {"ids": ["i1"]}, BROKEN),  # twice in one answer
    ("arrived", [polled(intent("i1"), intent("i1"))], {"ids": ["i1"]}, HELD),
    ("arrived", [polled(intent("i2"))], {"ids": ["i1"]}, BROKEN),
    ("not_doubled", [polled(intent("i1")), polled(intent("i1"))], {"ids": ["i1"]}, HELD),
    ("not_doubled", [polled()], {"ids": ["i1"]}, HELD),
    ("not_doubled", [polled(intent("i1")), polled(intent("i1"), first=2)], {"ids": ["i1"]}, BROKEN),
    ("some_limited", [exchange(), LIMITED], {}, HELD),
    ("some_limited", [exchange()], {}, BROKEN),
    ("some_limited", [exchange(), unanswered()], {}, NOT_SHOWN),
    ("received", [polled(status=503)], {"ids": ["i1"]}, BROKEN),
    ("received", [socket(intent("i1"))], {"ids": ["i1"]}, HELD),
    ("received", [exchange("poll", 200, {"messages": [{"envelope": intent("i1")}, {"delivery_id": "d1", "envelope": intent("i2")}]}),
                  polled(intent("i2"))], {"ids": ["i2"]}, HELD),  # a message without an id does not shift the others'
    ("not_received", [polled(intent("i2"))], {"ids": ["i1"], "after": "i2"}, HELD),
    ("not_received", [polled(intent("i1"), intent("i2"))], {"ids": ["i1"], "after": "i2"}, BROKEN),
    ("not_received", [polled(intent("I1"))], {"ids": ["i1"], "after": "i2"}, BROKEN),
    ("not_received", [polled()], {"ids": ["i1"], "after": "i2"}, NOT_SHOWN),  # the control has not arrived
    ("not_received", [polled()], {"ids": ["i1"]}, HELD),
    ("not_received", [unanswered("poll")], {"ids": ["i1"]}, NOT_SHOWN),
    ("not_received", [truncated(polled(intent("i2")))], {"ids": ["i1"], "after": "i2"}, NOT_SHOWN),
    ("not_received", [exchange("poll", 200, {"messages": [{"delivery_id": "d", "envelope": intent("i2")}, {"envelope": intent("i1")}]})],
     {"ids": ["i1"], "after": "i2"}, BROKEN),  # delivered without an id is delivered
    ("delivered_as_sent", [exchange(sent=intent("i1", n=1.0)), polled(intent("i1", n=1))], {}, HELD),
    ("delivered_as_sent", [exchange(sent=intent("i1", n=1)), polled(intent("i1", n=2))], {}, BROKEN),
    ("delivered_as_sent", [exchange(sent=intent("i1")), polled(intent("i1", extra=1))], {}, BROKEN),
    ("delivered_as_sent", [exchange(sent=intent("i1")), polled()], {}, BROKEN),
    ("carries", [polled(intent("i1", text="hello"))], {"id": "i1", "from_did": ALICE, "text": "hello"}, HELD),
    ("carries", [polled(intent("i1", text="hello"))], {"id": "i1", "from_did": BOB, "text": "hello"}, BROKEN),
    ("carries", [polled(intent("i1"))], {"id": "i1", "from_did": ALICE, "text": "hello"}, BROKEN),
    ("carries", [polled()], {"id": "i1", "from_did": ALICE, "text": "hello"}, BROKEN),
    ("nothing_delivered", [polled(), error(401, operation="poll")], {}, HELD),
    ("nothing_delivered", [polled(intent("i1"))], {}, BROKEN),
    ("nothing_delivered", [unanswered("poll")], {}, NOT_SHOWN),
    ("refused_or_verifiable", [error(400)], {"id": "i1"}, HELD),
    ("refused_or_verifiable", [exchange(), polled(SIGNED)], {"id": "i1"}, HELD),
    ("refused_or_verifiable", [exchange(), polled({**SIGNED, "to_did": CARL})], {"id": "i1"}, BROKEN),
    ("refused_or_verifiable", [exchange(), polled()], {"id": "i1"}, NOT_SHOWN),
    ("refused_or_verifiable", [error(500)], {"id": "i1"}, BROKEN),
    ("refused_or_verifiable", [LIMITED], {"id": "i1"}, NOT_SHOWN),
    # agents
    ("describes", [agent()], {"descriptions": ["b", "a"]}, HELD),
    ("describes", [agent()], {"descriptions": ["a"]}, BROKEN),
    ("describes", [error(404, operation="get_agent")], {"descriptions": ["a"]}, BROKEN),
    ("unknown_agent", [error(404)], {}, HELD),
    ("unknown_agent", [agent()], {}, BROKEN),
    ("unknown_agent", [LIMITED], {}, NOT_SHOWN),
    ("unknown_agent", [unanswered()], {}, NOT_SHOWN),
    ("tells_nothing_private", [agent()], {"dids": [BOB]}, HELD),
    ("tells_nothing_private", [agent(by=ALICE)], {"dids": [BOB]}, BROKEN),
    ("tells_nothing_private", [agent(private_key="x")], {"dids": [BOB]}, BROKEN),
    ("tells_nothing_private", [agent(note="redis://x")], {"dids": [BOB]}, BROKEN),
    ("tells_nothing_private", [error(404)], {"dids": [BOB]}, NOT_SHOWN),
    # discovery
    ("lists_agents", [found(), found(ALICE)], {}, HELD),
    ("lists_agents", [exchange("discover_text", 200, {"agents": []})], {}, BROKEN),
    ("lists_agents", [exchange("discover_text", 200, b"<html>")], {}, BROKEN),
    ("finds", [found(ALICE, BOB)], {"did": ALICE, "ahead_of": [BOB]}, HELD),
    ("finds", [found(BOB, ALICE)], {"did": ALICE, "ahead_of": [BOB]}, BROKEN),
    ("finds", [found(BOB, ALICE)], {"did": ALICE, "ahead_of": [CARL]}, HELD),  # strangers may be there
    ("finds", [found(ALICE, ALICE)], {"did": ALICE}, BROKEN),
    ("finds", [found(BOB)], {"did": ALICE}, BROKEN),
    ("finds", [error(503, operation="discover_text")], {"did": ALICE}, BROKEN),
    ("finds_none_of", [found(ALICE)], {"dids": [BOB]}, HELD),
    ("finds_none_of", [found(BOB)], {"dids": [BOB]}, BROKEN),
    ("finds_none_of", [error(503, operation="discover_text")], {"dids": [BOB]}, NOT_SHOWN),
    ("finds_at_most", [found(ALICE)], {"count": 1, "at_least": 1}, HELD),
    ("finds_at_most", [found(ALICE, BOB)], {"count": 1}, BROKEN),
    ("finds_at_most", [found()], {"count": 1, "at_least": 1}, BROKEN),
    ("finds_nothing", [found()], {}, HELD),
    ("finds_nothing", [found(ALICE)], {}, BROKEN),
    ("refused_or_lists_agents", [found(ALICE), error(400)], {}, HELD),
    ("refused_or_lists_agents", [error(500, operation="discover_text")], {}, BROKEN),
    ("refused_or_lists_agents", [unanswered()], {}, BROKEN),
    ("refused_or_lists_agents", [LIMITED], {}, NOT_SHOWN),
    # headers
    ("allows_origin", [with_headers(access_control_allow_origin="https://a")], {"origin": "https://a"}, HELD),
    ("allows_origin", [with_headers(access_control_allow_origin="*")], {"origin": "https://a"}, HELD),
    ("allows_origin", [ANYBODY_WITH_CREDENTIALS], {"origin": "https://a"}, BROKEN),
    ("allows_origin", [with_headers()], {"origin": "https://a"}, BROKEN),
    ("denies_origin", [with_headers()], {"origin": "https://evil"}, HELD),
    ("denies_origin", [with_headers(access_control_allow_origin="https://a")], {"origin": "https://evil"}, HELD),
    ("denies_origin", [with_headers(access_control_allow_origin="https://evil")], {"origin": "https://evil"}, BROKEN),
    ("denies_origin", [with_headers(access_control_allow_origin="*")], {"origin": "https://evil"}, BROKEN),
    ("denies_origin", [unanswered()], {"origin": "https://evil"}, NOT_SHOWN),
    ("no_banner", [with_headers(x_content_type_options="nosniff", server="railway")], {}, HELD),
    ("no_banner", [with_headers(x_content_type_options="nosniff", server="uvicorn/0.38")], {}, BROKEN),
    ("no_banner", [with_headers(x_content_type_options="nosniff", x_powered_by="Express 4.18")], {}, BROKEN),
    ("no_banner", [with_headers()], {}, BROKEN),
    ("redirects_to_https", [exchange(status=308, headers={"location": "https://x/"}), unanswered(), error(403)], {}, HELD),
    ("redirects_to_https", [exchange(status=308, headers={"location": "http://x/"})], {}, BROKEN),
    ("redirects_to_https", [exchange(status=200)], {}, BROKEN),
    # limits
    ("limited_after", burst(100, 1), {"limit": 100, "window_s": 60}, HELD),
    ("limited_after", burst(101, 0), {"limit": 100, "window_s": 60}, BROKEN),
    ("limited_after", burst(99, 2), {"limit": 100, "window_s": 60}, BROKEN),
    ("limited_after", burst(99, 2), {"limit": 100, "window_s": 60, "exclusive": False}, NOT_SHOWN),
    ("limited_after", burst(100), {"limit": 100, "window_s": 60}, NOT_SHOWN),  # one more is needed
    ("limited_after", burst(100, 1, took_ms=60_001), {"limit": 100, "window_s": 60}, NOT_SHOWN),
    ("limited_after", [*burst(100, 1), unanswered()], {"limit": 100, "window_s": 60}, NOT_SHOWN),
    ("limited_after", [*burst(99, 1), error(503)], {"limit": 100, "window_s": 60}, NOT_SHOWN),
    ("not_limited", [exchange(), error(400)], {}, HELD),
    ("not_limited", [LIMITED], {}, BROKEN),
    ("not_limited", [unanswered()], {}, NOT_SHOWN),
    ("still_limited_or_refused", [LIMITED, error(401)], {}, HELD),
    ("still_limited_or_refused", [exchange()], {}, BROKEN),
    ("still_limited_or_refused", [unanswered()], {}, NOT_SHOWN),
    ("tells_retry", [exchange(), LIMITED], {"window_s": 60}, HELD),
    ("tells_retry", [exchange()], {"window_s": 60}, NOT_SHOWN),
    ("tells_retry", [error(429, "RATE_LIMIT_EXCEEDED")], {"window_s": 60}, BROKEN),
    ("tells_retry", [error(429, "LIMITED", headers={"retry-after": "3"})], {"window_s": 60}, BROKEN),
    ("tells_retry", [error(429, "RATE_LIMIT_EXCEEDED", headers={"retry-after": "100"})], {"window_s": 60}, BROKEN),
    ("tells_retry", [exchange(status=429, body={"error_code": "RATE_LIMIT_EXCEEDED", "retry_after_ms": 500})], {"window_s": 60}, HELD),
    ("counts_down", counting("99", "98", "97"), {"limit": 100}, HELD),
    ("counts_down", counting("99", "99"), {"limit": 100}, BROKEN),
    ("counts_down", counting("99", limit="50"), {"limit": 100}, BROKEN),
    ("counts_down", counting("many"), {"limit": 100}, BROKEN),
    ("counts_down", [with_headers()], {"limit": 100}, BROKEN),
    ("counts_down", [unanswered()], {"limit": 100}, NOT_SHOWN),
    # WebSockets
    ("opens", [socket()], {}, HELD),
    ("opens", [socket(status=401)], {}, BROKEN),
    ("opens", [socket(status=None)], {}, BROKEN),
    ("pushed_within", [exchange(sent=intent("i1")), socket(intent("I1"), at_ms=CREATED_MS + 100)], {"limit_ms": 1000}, HELD),
    ("pushed_within", [exchange(sent=intent("i1")), socket(intent("i1"), at_ms=CREATED_MS + 2000)], {"limit_ms": 1000}, BROKEN),
    ("pushed_within", [exchange(sent=intent("i1")), socket(intent("i2"))], {"limit_ms": 1000}, BROKEN),
    ("pushed_within", [exchange(sent=intent("i1")), socket(status=403)], {"limit_ms": 1000}, BROKEN),
    ("closed_or_refused", [socket(status=401), socket(close_code=1008)], {"codes": [1008]}, HELD),
    ("closed_or_refused", [socket(close_code=1000)], {"codes": [1008]}, BROKEN),
    ("closed_or_refused", [socket()], {}, BROKEN),
    ("closed_or_refused", [socket(intent("i1"), close_code=1008)], {"codes": [1008]}, BROKEN),
    ("closed_or_refused", [socket(status=500)], {}, BROKEN),
    ("closed_or_refused", [socket(status=None)], {}, NOT_SHOWN),
    ("second_connection_defined", [socket(intent("i1")), socket(intent("i1"))], {"id": "i1"}, HELD),
    ("second_connection_defined", [socket(close_code=4001), socket(intent("i1"))], {"id": "i1"}, HELD),
    ("second_connection_defined", [socket(intent("i1")), socket(status=409)], {"id": "i1"}, HELD),
    ("second_connection_defined", [socket(), socket(intent("i1"))], {"id": "i1"}, BROKEN),
    ("second_connection_defined", [socket(status=503), socket(intent("i1"))], {"id": "i1"}, NOT_SHOWN),
]  # fmt: skip


@pytest.mark.parametrize(("name", "exchanges", "params", "outcome"), TABLE, ids=[f"{name}-{outcome}" for name, _, _, outcome in TABLE])
def test_what_an_expectation_says(name: str, exchanges: list[Exchange], params: dict[str, Any], outcome: str) -> None:
    judgement = evaluate(name, exchanges, params, CONTEXT)

    assert judgement.outcome == outcome, judgement.message
    assert outcome == HELD or judgement.message, "what is not held says why"


def test_every_expectation_stands_in_the_table_both_ways() -> None:
    shown = {(name, outcome) for name, _, _, outcome in TABLE}

    assert [name for name in expectation_names() if (name, HELD) not in shown or (name, BROKEN) not in shown] == []


@pytest.mark.parametrize("name", expectation_names())
def test_without_exchanges_nothing_is_shown(name: str) -> None:
    assert evaluate(name, [], {}, CONTEXT).outcome == NOT_SHOWN


def test_an_unknown_expectation_shows_nothing() -> None:
    assert evaluate("no_such", [exchange()], {}, CONTEXT).outcome == NOT_SHOWN


def test_wrong_parameters_show_nothing() -> None:
    judgement = evaluate("refused", [error(400)], {"no_such": 1}, CONTEXT)

    assert judgement.outcome == NOT_SHOWN
    assert "could not be evaluated: TypeError" in judgement.message


def test_what_we_could_not_send_breaks_nothing_and_excuses_nothing() -> None:
    ours = unanswered(kind=FailureKind.LOCAL)

    assert evaluate("accepted_or_refused", [exchange(), ours], {}, CONTEXT).outcome == NOT_SHOWN
    assert evaluate("accepted_or_refused", [error(500), ours], {}, CONTEXT).outcome == BROKEN


def test_a_dispute_names_its_erratum() -> None:
    assert evaluate("follows_reading", [exchange("health", 503)], LIVENESS, CONTEXT).erratum == "ERRATUM-09"


def test_evidence_that_was_cut_off_is_not_taken_for_whole() -> None:
    sent = exchange(sent=intent("i1"))
    cut = Exchange(**{**vars(sent), "request": Request("POST", "/x", {}, Body(sent.request.body.data[:5], 500))})

    assert evaluate("delivered_as_sent", [cut, polled(intent("i1"))], {}, CONTEXT).outcome == NOT_SHOWN


OPERATIONS = st.sampled_from(["send_intent", "poll", "websocket", "discover_text", "get_agent", "health", "none"])
ODD = st.builds(lambda one, operation: Exchange(**{**vars(one), "operation": operation}), EXCHANGES, OPERATIONS)
PARAMS = st.sampled_from([params for _, _, params, _ in TABLE])


@given(
    st.sampled_from(expectation_names()),
    st.lists(ODD | st.sampled_from([one for _, some, _, _ in TABLE for one in some[:3]]), max_size=3),
    PARAMS,
)
def test_evaluating_never_raises(name: str, exchanges: list[Exchange], params: dict[str, Any]) -> None:
    assert evaluate(name, exchanges, params, CONTEXT).outcome in (HELD, BROKEN, NOT_SHOWN, DISPUTED)
