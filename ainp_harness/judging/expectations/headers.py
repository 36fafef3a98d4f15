"""Headers: cross-origin permissions, software banners, content sniffing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.wire.exchange import Exchange

_VERSIONED = re.compile(r"[A-Za-z][\w.-]*/\d|\d+\.\d+")


@expectation
def allows_origin(exchanges: Sequence[Exchange], context: Context, origin: str) -> Judgement:
    """Every answer allows this origin."""
    for exchange in exchanges:
        if exchange.response is None:
            return not_shown(describe(exchange))
        allowed = exchange.response.headers.get("access-control-allow-origin")
        if allowed not in (origin, "*"):
            return broken(f"Access-Control-Allow-Origin is {allowed!r}, expected {origin!r}: {describe(exchange)}")
        if allowed == "*" and exchange.response.headers.get("access-control-allow-credentials") == "true":
            return broken("credentials are allowed together with '*'")
    return held()


@expectation
def denies_origin(exchanges: Sequence[Exchange], context: Context, origin: str) -> Judgement:
    """No answer allows this origin."""
    for exchange in exchanges:
        if exchange.response is None:
            return not_shown(describe(exchange))
        allowed = exchange.response.headers.get("access-control-allow-origin")
        if allowed in (origin, "*"):
            return broken(f"Access-Control-Allow-Origin is {allowed!r} for {origin}, which is not allowed")
    return held()


@expectation
def no_banner(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """No answer tells the software's version in Server or X-Powered-By, and each forbids sniffing of types."""
    for exchange in exchanges:
        if exchange.response is None:
            return not_shown(describe(exchange))
        for name in ("server", "x-powered-by"):
            value = exchange.response.headers.get(name, "")
            if _VERSIONED.search(value):
                return broken(f"{name} is {value!r}")
        if exchange.response.headers.get("x-content-type-options", "").lower() != "nosniff":
            return broken(f"X-Content-Type-Options: nosniff is missing: {describe(exchange)}")
    return held()


@expectation
def redirects_to_https(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Plain http is refused, not answered, or redirected to https."""
    for exchange in exchanges:
        if exchange.response is None:
            continue
        location = exchange.response.headers.get("location", "")
        if 300 <= exchange.response.status < 400 and location.startswith("https://"):
            continue
        if exchange.response.status in (400, 403, 404, 421, 426):
            continue
        return broken(f"plain http is served: {describe(exchange)}")
    return held()
