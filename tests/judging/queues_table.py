"""Rows of the table of expectations (test_expectations.py): queues and who is told what, accounts and what moves between them."""

from __future__ import annotations

from typing import Any

from ainp_harness.wire.exchange import Exchange
from tests.judging.evidence import ALICE, BOB, CREATED_MS, error, exchange, intent, polled, socket, unanswered

HELD, BROKEN, NOT_SHOWN = "held", "broken", "not_shown"

CAROL = "did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf"

OFFLINE = error(404, "AGENT_OFFLINE")
QUEUED = exchange(body={"status": "queued", "queued": True, "error_code": "AGENT_OFFLINE", "expires_at": 1})
QUEUED_TILL_WHEN = exchange(body={"status": "queued", "queued": True})
LIMITED = error(429, "RATE_LIMIT_EXCEEDED")


def has(balance: Any, reserved: Any = "0.00000000", status: int = 200) -> Exchange:
    return exchange("credits", status, {"balance": balance, "reserved": reserved}, method="GET")


NO_ACCOUNT = error(404, "NOT_FOUND", "credits")
NO_ANSWER = unanswered("credits")


def weights(**changes: Any) -> Exchange:
    told = {"urgency": 0.3, "importance": 0.3, "novelty": 0.2, "ethicalWeight": 0.2, "bid_scale": 10, **changes}
    return exchange("capabilities", 200, {"priority": told}, method="GET")


def gets(did: str, *ids: str) -> Exchange:
    return polled(*(intent(one) for one in ids), by=did)


def frames(*at_ms: float) -> Exchange:
    """Messages over one connection, each at its time."""
    one = socket(*(intent(f"i{n}") for n in range(len(at_ms))))
    return exchange(
        "websocket", 101, b"", kind="ws",
        frames=tuple(type(frame)(CREATED_MS + at, frame.sent, frame.text) for frame, at in zip(one.frames, at_ms, strict=True)),
    )  # fmt: skip


QUERY = {"id": "q", "matching": [ALICE, BOB], "at_most": 1, "after": {ALICE: "a", BOB: "b", CAROL: "c"}}
SLOWLY = {"at_most": 2, "in_s": 1.0}

QUEUES: list[tuple[str, list[Exchange], dict[str, Any], str]] = [
    ("refused_with_a_code", [OFFLINE, error(400, "ITS_OWN")], {}, HELD),
    ("refused_with_a_code", [error(404)], {}, BROKEN),
    ("refused_with_a_code", [exchange()], {}, BROKEN),
    ("refused_with_a_code", [error(503, "UNAVAILABLE")], {}, BROKEN),
    ("refused_with_a_code", [unanswered()], {}, NOT_SHOWN),
    ("tells_absent", [OFFLINE, QUEUED], {}, HELD),
    ("tells_absent", [exchange(body={"status": "accepted"})], {}, BROKEN),
    ("tells_absent", [QUEUED_TILL_WHEN], {}, BROKEN),
    ("tells_absent", [error(404, "NOT_FOUND")], {}, BROKEN),
    ("tells_absent", [error(503, "AGENT_OFFLINE")], {}, BROKEN),
    ("tells_absent", [LIMITED], {}, NOT_SHOWN),
    ("tells_absent", [unanswered()], {}, NOT_SHOWN),
    ("reaches_some", [gets(ALICE, "q", "a"), gets(BOB, "b"), gets(CAROL, "c")], QUERY, HELD),
    ("reaches_some", [gets(ALICE, "q", "a"), gets(BOB, "q", "b"), gets(CAROL, "c")], QUERY, BROKEN),
    ("reaches_some", [gets(ALICE, "a"), gets(BOB, "b"), gets(CAROL, "q", "c")], QUERY, BROKEN),
    ("reaches_some", [gets(ALICE, "a"), gets(BOB, "b"), gets(CAROL, "c")], QUERY, BROKEN),
    ("reaches_some", [gets(ALICE, "q", "a"), gets(BOB), gets(CAROL, "c")], QUERY, NOT_SHOWN),
    ("comes_in_order", [polled(intent("a"), intent("x")), polled(intent("a"), intent("b"))], {"ids": ["a", "B"]}, HELD),
    ("comes_in_order", [polled(intent("b"), intent("a"))], {"ids": ["a", "b"]}, BROKEN),
    ("comes_in_order", [polled(intent("b"))], {"ids": ["a", "b"]}, NOT_SHOWN),
    ("comes_slowly", [frames(0, 500, 1_100, 1_600)], SLOWLY, HELD),
    ("comes_slowly", [frames(0, 500, 900)], SLOWLY, BROKEN),
    ("comes_slowly", [socket()], SLOWLY, NOT_SHOWN),
    ("fills_up", [exchange(), exchange(), error(503, "AGENT_OFFLINE"), error(429 - 7, "ITS_OWN")], {"at_most": 2}, HELD),
    ("fills_up", [exchange(), exchange(), OFFLINE], {"at_most": 1}, BROKEN),
    ("fills_up", [exchange(), error(503)], {"at_most": 2}, BROKEN),
    ("fills_up", [exchange(), error(500, "INTERNAL_ERROR")], {"at_most": 2}, BROKEN),
    ("fills_up", [exchange(), exchange()], {"at_most": 2}, NOT_SHOWN),
    ("fills_up", [exchange(), LIMITED], {"at_most": 2}, NOT_SHOWN),
    ("weights_sum_to_one", [weights()], {}, HELD),
    ("weights_sum_to_one", [weights(novelty=0.3)], {}, BROKEN),
    ("weights_sum_to_one", [weights(novelty="0.2")], {}, BROKEN),
    ("weights_sum_to_one", [exchange("capabilities", 200, {})], {}, NOT_SHOWN),
    # accounts
    ("sound_accounts", [has("1.50000000", "1.50000000"), has("0"), NO_ACCOUNT], {}, HELD),
    ("sound_accounts", [has("1", "1.00000001")], {}, BROKEN),
    ("sound_accounts", [has("-1")], {}, BROKEN),
    ("sound_accounts", [has(1.5)], {}, BROKEN),
    ("sound_accounts", [has("NaN")], {}, BROKEN),
    ("sound_accounts", [has("many")], {}, BROKEN),
    ("sound_accounts", [NO_ANSWER], {}, NOT_SHOWN),
    ("has_free", [has("2.5", "0.5")], {"at_least": "2"}, HELD),
    ("has_free", [has(2.5)], {"at_least": "2"}, BROKEN),
    ("has_free", [has("2", "0.5")], {"at_least": "2"}, NOT_SHOWN),
    ("has_free", [NO_ACCOUNT], {"at_least": "2"}, NOT_SHOWN),
    ("moved", [has("2"), NO_ACCOUNT, has("1.75"), has("0.25")], {"amount": "0.25"}, HELD),
    ("moved", [has("2"), has("0"), has("1.5"), has("0.5")], {"amount": "0.25"}, BROKEN),
    ("moved", [has("2"), has("0"), has("1.75"), has("0")], {"amount": "0.25"}, BROKEN),
    ("moved", [has("2"), has("0"), has("1.75", "0.25"), has("0.25")], {"amount": "0.25"}, BROKEN),
    ("moved", [has("2"), has("0"), has("1.75"), NO_ANSWER], {"amount": "0.25"}, NOT_SHOWN),
    ("conserved", [has("2"), has("1"), has("0.5"), has("2.5")], {}, HELD),
    ("conserved", [has("2"), has("1"), has("0.5"), has("2.50000001")], {}, BROKEN),
    ("conserved", [has("2"), NO_ANSWER], {}, NOT_SHOWN),
    ("balances_stay", [has("2"), has("2.00000000", "1")], {}, HELD),
    ("balances_stay", [has("0"), NO_ACCOUNT], {"at": "0"}, HELD),
    ("balances_stay", [has("2"), has("3")], {}, BROKEN),
    ("balances_stay", [has("2")], {"at": "0"}, BROKEN),
    ("balances_stay", [NO_ANSWER], {}, NOT_SHOWN),
    ("balances_stay", [NO_ACCOUNT] * 4, {"at": "0"}, NOT_SHOWN),  # such an operation there may not be at all
    ("returned", [has("2"), has("2", "0.5"), has("2")], {"amount": "0.5"}, HELD),
    ("returned", [has("2"), has("2", "0.5"), has("2", "0.5")], {"amount": "0.5"}, BROKEN),
    ("returned", [has("2"), has("2", "0.5"), has("1.5")], {"amount": "0.5"}, BROKEN),
    ("returned", [has("2"), has("2"), has("2")], {"amount": "0.5"}, NOT_SHOWN),
    ("returned", [has("2"), has("2", "0.5"), has("2"), exchange("negotiate", 200)], {"amount": "0.5"}, HELD),
    ("returned", [has("2"), has("2", "0.5"), has("2", "0.5"), exchange("negotiate", 200)], {"amount": "0.5"}, BROKEN),
    ("returned", [has("2"), has("2", "0.5"), has("2", "0.5"), error(409, operation="negotiate")], {"amount": "0.5"}, NOT_SHOWN),
]  # fmt: skip
