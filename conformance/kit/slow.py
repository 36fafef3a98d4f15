"""A request whose body goes out slowly, over a connection of its own. The answer is read as it comes: an exchange like any other."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

import h11

from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.client import failure_of
from ainp_harness.wire.exchange import ANSWER_KEPT_BYTES, Body, Exchange, Failure, FailureKind, Request, Response

PIECES = 20
READ_BYTES = 65_536
ANSWER_S = 15.0


async def send_slowly(
    base_url: str,
    rendered: Rendered,
    operation: str,
    *,
    exchange_id: str,
    headers: Mapping[str, str],
    over_s: float,
    verify: ssl.SSLContext | bool = True,
) -> Exchange:
    """Send a rendered request whose body takes `over_s` seconds; never raises for what the network or the broker does."""
    sent = {name.lower(): value for name, value in {**rendered.headers, **headers}.items()}
    request = Request(rendered.method, rendered.target, sent, Body.keep(rendered.body))
    started, begun = time.time() * 1000, time.perf_counter()
    response, failure = None, None
    try:
        async with asyncio.timeout(over_s + ANSWER_S):
            response = await _exchange(urlsplit(base_url), rendered, sent, over_s, verify)
    except TimeoutError:
        failure = Failure(FailureKind.TIMEOUT, f"no answer within {over_s + ANSWER_S:g} s")
    except (OSError, h11.ProtocolError) as error:
        failure = failure_of(error)
    return Exchange(exchange_id, "http", operation, request, response, failure, started, (time.perf_counter() - begun) * 1000)
