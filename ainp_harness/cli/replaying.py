"""`replay RUN EXCHANGE`: a curl for a recorded exchange, signed afresh, for the broker's author to see the same; with --send its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from ainp_harness.cli.exits import Exit, UsageError
from ainp_harness.evidence.bundle import Bundle
from ainp_harness.wire.client import Client
from ainp_harness.wire.exchange import Body, Exchange, Request
from conformance.kit.planning import tls_context
from conformance.kit.replaying import Afresh, CannotReplay, afresh, identities
from reports.exchange_text import exchange_text


@dataclass(frozen=True)
class Wanted:
    """What is to be sent again, and where to."""

    run: Path
    exchange: str
    url: str | None = None
    send: bool = False
    headers: Mapping[str, str] | None = None
    ca_file: Path | None = None


def replay(wanted: Wanted, console: Console) -> int:
    """Print the curl, and where it is asked for send the request and print its answer.

    Raises:
        UsageError: there is no such exchange, or it cannot be sent again. EvidenceError: the bundle cannot be read.
    """
    bundle = Bundle(wanted.run)
    exchange = bundle.exchanges.get(wanted.exchange)
    if exchange is None:
        some = ", ".join(list(bundle.exchanges)[:3])
        raise UsageError(f"{wanted.run} has no exchange {wanted.exchange!r}; it has {len(bundle.exchanges)}, for instance {some}")
    try:
        made = afresh(exchange, bundle.plan, identities(bundle.plan, bundle.agents), int(time.time() * 1000))
    except CannotReplay as error:
        raise UsageError(str(error)) from error
    url = (wanted.url or bundle.plan.target.url).rstrip("/")
    made = replace(made, rendered=replace(made.rendered, headers={**made.rendered.headers, **(wanted.headers or {})}))
    for note in made.notes:
        console.print(f"# {note}", highlight=False, markup=False, soft_wrap=True)
    text = exchange_text(_sent(exchange, made).to_data(), url, whole=True)
    console.print(text.curl, highlight=False, markup=False, soft_wrap=True)
    if wanted.send:
        answered = asyncio.run(_send(wanted, url, made, exchange.operation))
        console.print(exchange_text(answered.to_data(), url).answer, highlight=False, markup=False, soft_wrap=True)
    return Exit.PASSED


def _sent(exchange: Exchange, made: Afresh) -> Exchange:
    """An exchange that was not answered yet, for showing it."""
    rendered = made.rendered
    request = Request(rendered.method, rendered.target, dict(rendered.headers), Body(rendered.body, len(rendered.body)))
    return Exchange(exchange.id, "http", exchange.operation, request, None, None, 0.0, 0.0)


async def _send(wanted: Wanted, url: str, made: Afresh, operation: str) -> Exchange:
    async with Client(url, verify=tls_context(wanted.ca_file)) as client:
        return await client.send(made.rendered, operation, exchange_id="replay-1")
