"""Which exchanges of a load are kept whole: of every (operation, status, error code) the first 20, and 1 in 1,000 of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from websockets.http11 import Response as UpgradeResponse

from ainp_harness.evidence.files import LineWriter
from ainp_harness.evidence.recorder import Redactor
from ainp_harness.wire.exchange import Body, Exchange, Failure, Request, Response
from loadtests.rendering import WireRequest
from loadtests.reply import ExchangeFailed, Reply

EACH = 20
ONE_IN = 1_000
WORKER = "load"


class KeptExchanges:
    """Writes exchanges/load.jsonl."""

    def __init__(self, run_dir: Path, extra_headers: Mapping[str, str]) -> None:
        self._lines = LineWriter(run_dir / "exchanges" / f"{WORKER}.jsonl")
        self._extra_headers = extra_headers
        self._redactor = Redactor.for_headers(extra_headers)
        self._seen: Counter[tuple[str, int, str]] = Counter()
        self._written = 0

    def wants(self, operation: str, status: int, code: str) -> bool:
        """Whether the exchange at hand is one to keep. Counts it."""
        key = (operation, status, code)
        self._seen[key] += 1
        return self._seen[key] <= EACH or self._seen[key] % ONE_IN == 0

    def write(
        self,
        operation: str,
        request: WireRequest,
        reply: Reply | None,
        failure: Failure | None,
        *,
        started_us: int,
        ended_us: int,
        tags: tuple[str, ...] = (),
        kind: str = "http",
    ) -> None:
        """Keep an exchange, secrets redacted."""
        self._written += 1
        response = Response(reply.status, dict(reply.headers), Body.keep(reply.body)) if reply else None
        headers = {name.lower(): value for name, value in {**request.headers, **self._extra_headers}.items()}
        exchange = Exchange(
            id=f"{WORKER}-{self._written}",
            kind=kind,
            operation=operation,
            request=Request(request.method, request.target, headers, Body.keep(request.body)),
            response=response,
            failure=failure,
            started_ms=started_us / 1000,
            duration_ms=max(0, ended_us - started_us) / 1000,
            tags=tags,
        )
        self._lines.write(self._redactor.exchange(exchange).to_data())

    def setup(self, operation: str, request: WireRequest, reply: Reply | None, failed: ExchangeFailed | None, started_us: int) -> None:
        """Offer an exchange of the setting-up."""
        if self.wants(operation, reply.status if reply else 0, failed.code if failed else ""):
            failure = Failure(failed.kind, str(failed)) if failed else None
            ended_us = reply.done_us if reply else started_us
            self.write(operation, request, reply, failure, started_us=started_us, ended_us=ended_us, tags=("setup",))

    def upgrade(
        self, request: WireRequest, answer: UpgradeResponse | None, failed: ExchangeFailed | None, started_us: int, ended_us: int
    ) -> None:
        """Offer a WebSocket's upgrade."""
        status = answer.status_code if answer else 0
        if self.wants("websocket", status, failed.code if failed else ""):
            reply = None
            if answer is not None:
                headers = {name.lower(): value for name, value in answer.headers.raw_items()}
                reply = Reply(status, headers, bytes(answer.body or b""), started_us, ended_us)
            failure = Failure(failed.kind, str(failed)) if failed and not answer else None
            self.write("websocket", request, reply, failure, started_us=started_us, ended_us=ended_us, tags=("setup",), kind="ws")

    def close(self) -> None:
        self._lines.close()
